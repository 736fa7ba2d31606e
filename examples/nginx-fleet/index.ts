// A fleet of nginx guests. `pulumi config set count 5` scales it; a changed file in data/ or another greeting redeploys it.
import * as pulumi from "@pulumi/pulumi";
import { BlockImage, NetworkInterface, UnikernelFleet } from "pulumi-unikernel";

const config = new pulumi.Config();
const basePort = config.getNumber("basePort") ?? 8080;
// `npm run setup` at the root of the repository puts vmlinuz and initrd there.
const guest = config.get("guest") ?? "../../.cache/nginx-guest";

const data = new BlockImage("data", { source: "./data" });

const fleet = new UnikernelFleet("web", {
    count: config.getNumber("count") ?? 3,
    maxUnavailable: config.getNumber("maxUnavailable") ?? 2,
    instance: (index, { name, opts }) => ({
        platform: "kvm",
        connection: config.get("connection"),
        kernel: `${guest}/vmlinuz`,
        initrd: `${guest}/initrd`,
        hostname: name,
        memory: 128,
        env: { GREETING: config.get("greeting") ?? "Hello" },
        args: ["sh", "-c", 'printf %s "$GREETING" > /srv/greeting && exec nginx -c /data/nginx.conf'],
        blocks: [{ image: data, mount: "/data" }],
        interfaces: [new NetworkInterface(name, { attach: { user: { forward: [{ host: basePort + index, guest: 80 }] } } }, opts)],
        readiness: { http: { port: 80, path: "/" }, timeout: 120 },
    }),
});

export const urls = fleet.instances.map((_, index) => `http://127.0.0.1:${basePort + index}/`);
export const names = fleet.instances.map((instance) => instance.name);
