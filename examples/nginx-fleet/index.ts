// A fleet of nginx guests. `pulumi config set count 5` scales it; a changed file in data/ or another greeting redeploys it.
import * as pulumi from "@pulumi/pulumi";
import { BlockImage, NetworkInterface, UnikernelFleet } from "pulumi-unikernel";
import type { Platform } from "pulumi-unikernel";

// "iso" makes bootable images of the same guests.
const platform = "kvm" as Platform;

const config = new pulumi.Config();
const basePort = config.getNumber("basePort") ?? 8080;
// `npm run setup` at the root of the repository puts a kernel and an initramfs for each platform there.
const guest = config.get("guest") ?? "../../.cache/nginx-guest";
// Ports are forwarded, and answers waited for, where a host runs the guests: a medium is for machines elsewhere.
const hosted = platform !== "iso";

const data = new BlockImage("data", { source: "./data" });

const fleet = new UnikernelFleet("web", {
    count: config.getNumber("count") ?? 3,
    maxUnavailable: config.getNumber("maxUnavailable") ?? 2,
    instance: (index, { name, opts }) => ({
        platform,
        connection: hosted ? config.get("connection") : undefined,
        kernel: `${guest}/${platform}/vmlinuz`,
        initrd: `${guest}/${platform}/initrd`,
        hostname: name,
        memory: 128,
        env: { GREETING: config.get("greeting") ?? "Hello" },
        args: ["sh", "-c", 'printf %s "$GREETING" > /srv/greeting && exec nginx -c /data/nginx.conf'],
        blocks: [{ image: data, mount: "/data" }],
        interfaces: [new NetworkInterface(name, { attach: { user: { forward: hosted ? [{ host: basePort + index, guest: 80 }] : [] } } }, opts)],
        readiness: hosted ? { http: { port: 80, path: "/" }, timeout: 120 } : undefined,
    }),
});

export const urls = hosted ? fleet.instances.map((_, index) => `http://127.0.0.1:${basePort + index}/`) : [];
export const names = fleet.instances.map((instance) => instance.name);
export const images = hosted ? [] : fleet.instances.map((instance) => instance.path);
