// A secret in the guest's environment: encrypted in state, masked in previews and in `guestConfig`, and on no command line.
//   pulumi config set --secret token s3cret
import * as pulumi from "@pulumi/pulumi";
import { NetworkInterface, Unikernel } from "pulumi-unikernel";

const config = new pulumi.Config();
const port = config.getNumber("port") ?? 8110;
// `npm run setup` at the root of the repository puts a kernel and an initramfs for each platform there.
const guest = config.get("guest") ?? "../../.cache/nginx-guest";

// Serves the digest of the secret, to show that the guest has it without telling it.
const serve = 'printf %s "$TOKEN" | sha256sum > /srv/token && exec nginx';

const web = new Unikernel("web", {
    platform: "kvm",
    connection: config.get("connection"),
    kernel: `${guest}/kvm/vmlinuz`,
    initrd: `${guest}/kvm/initrd`,
    args: ["sh", "-c", serve],
    env: { STAGE: pulumi.getStack(), TOKEN: config.requireSecret("token") },
    memory: 128,
    interfaces: [new NetworkInterface("eth", { attach: { user: { forward: [{ host: port, guest: 80 }] } } })],
    readiness: { http: { port: 80, path: "/token" }, timeout: 120 },
});

export const url = `http://127.0.0.1:${port}/token`;
export const guestConfig = web.guestConfig;
