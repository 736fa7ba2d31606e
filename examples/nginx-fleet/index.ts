// A fleet of nginx guests. `pulumi config set count 5` scales it; a changed file in data/ or another greeting redeploys it.
import * as pulumi from "@pulumi/pulumi";
import type { Platform } from "pulumi-unikernel";
import { BlockImage, NetworkInterface, UnikernelFleet } from "pulumi-unikernel";

// "xen" runs the same guests on a Xen host, the one that `connection` names; "iso" makes bootable images of them.
const platform = "kvm" as Platform;

const config = new pulumi.Config();
const basePort = config.getNumber("basePort") ?? 8080;
// `npm run setup` at the root of the repository puts a kernel and an initramfs for each platform there.
const guest = config.get("guest") ?? "../../.cache/nginx-guest";

// How a guest is reached, and when it is ready.
const { attach, readiness } = {
    kvm: {
        attach: (index: number) => ({ user: { forward: [{ host: basePort + index, guest: 80 }] } }),
        readiness: { http: { port: 80, path: "/" }, timeout: 120 },
    },
    // Xen has no network that forwards ports of the host: guests are on a bridge, with addresses of their own.
    xen: {
        attach: () => ({ bridge: config.get("bridge") ?? "xenbr0" }),
        readiness: { console: "pulumi-unikernel: starting", timeout: 120 },
    },
    // A medium is for machines elsewhere: nobody waits for it.
    iso: { attach: () => ({ user: {} }), readiness: undefined },
}[platform];

const data = new BlockImage("data", { source: "./data" });

const fleet = new UnikernelFleet("web", {
    count: config.getNumber("count") ?? 3,
    maxUnavailable: config.getNumber("maxUnavailable") ?? 2,
    instance: (index, { name, opts }) => ({
        platform,
        connection: platform === "iso" ? undefined : config.get("connection"),
        kernel: `${guest}/${platform}/vmlinuz`,
        initrd: `${guest}/${platform}/initrd`,
        hostname: name,
        memory: 128,
        env: { GREETING: config.get("greeting") ?? "Hello" },
        args: ["sh", "-c", 'printf %s "$GREETING" > /srv/greeting && exec nginx -c /data/nginx.conf'],
        blocks: [{ image: data, mount: "/data" }],
        interfaces: [new NetworkInterface(name, { attach: attach(index) }, opts)],
        readiness,
    }),
});

export const urls =
    platform === "kvm" ? fleet.instances.map((_, index) => `http://127.0.0.1:${basePort + index}/`) : [];
export const names = fleet.instances.map((instance) => instance.name);
export const images = platform === "iso" ? fleet.instances.map((instance) => instance.path) : [];
