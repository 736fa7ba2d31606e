// One nginx guest. Nothing is chosen that has a default: the host port, for one, follows from the interface's URN.
import * as pulumi from "@pulumi/pulumi";
import { NetworkInterface, Unikernel } from "pulumi-unikernel";

const config = new pulumi.Config();
// `npm run setup` at the root of the repository puts a kernel and an initramfs for each platform there.
const guest = config.get("guest") ?? "../../.cache/nginx-guest";

const eth = new NetworkInterface("eth", { attach: { user: { forward: [{ guest: 80 }] } } });
const web = new Unikernel("web", {
    platform: "kvm",
    connection: config.get("connection"),
    kernel: `${guest}/kvm/vmlinuz`,
    initrd: `${guest}/kvm/initrd`,
    args: ["nginx"],
    memory: 128,
    interfaces: [eth],
    readiness: { http: { port: 80 }, timeout: 120 },
});

export const url = eth.attach.apply((attach) =>
    "user" in attach ? `http://127.0.0.1:${attach.user.forward[0]?.host}/` : "",
);
export const consoleCommand = web.consoleCommand;
