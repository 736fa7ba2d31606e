// A fleet of nginx guests over several hosts, behind a balancer. A changed file in page/ is rolled out: the first guest tries it alone.
import * as pulumi from "@pulumi/pulumi";
import { BlockImage, Network, NetworkInterface, Unikernel, UnikernelFleet } from "pulumi-unikernel";

const config = new pulumi.Config();
const replicas = config.getNumber("replicas") ?? 12;
// One network of two hosts: the bridge of each is joined with the other's. `[{ "name": "a", "connection": "qemu+ssh://…" }, …]`
const hosts = config.requireObject<{ name: string; connection: string }[]>("hosts");
const bridge = config.get("bridge") ?? "lan0";
// `npm run setup` at the root of the repository puts a kernel and an initramfs there.
const guest = config.get("guest") ?? "../../.cache/nginx-guest";

const networks = hosts.map(
    ({ name, connection }) => new Network(`web-${name}`, { connection, name: "web", mode: "bridge", bridge }),
);
const network = pulumi.all(networks.map(({ name }) => name)).apply(([first]) => first ?? "web");

const nginx = {
    platform: "kvm",
    kernel: `${guest}/kvm/vmlinuz`,
    initrd: `${guest}/kvm/initrd`,
    memory: 128,
    readiness: { http: { port: 80, path: "/" }, timeout: 300 },
} as const;

const page = new BlockImage("page", { source: "./page" });
const fleet = new UnikernelFleet("web", {
    replicas,
    hosts,
    strategy: { canary: { count: 1, bake: 5 }, maxUnavailable: 2 },
    minInService: replicas - 2,
    template: {
        ...nginx,
        hostname: "${name}",
        args: ["sh", "-c", "hostname > /srv/name && exec nginx -c /data/nginx.conf"],
        blocks: [{ image: page, mount: "/data" }],
        interfaces: [{ attach: { network }, ipv4: { address: "10.71.1.${index}/16" } }],
    },
});

const proxy = new BlockImage("balancer", { source: "./balancer" });
const card = new NetworkInterface("balancer", { attach: { network }, ipv4: { address: "10.71.0.9/16" } });
new Unikernel("balancer", {
    ...nginx,
    connection: hosts[0]?.connection,
    // Where the first member serves, and how many addresses are reserved from there on: all of them are upstreams, so that another
    // number of members does not change the balancer.
    env: {
        FIRST: fleet.members.apply(
            ([first]) => first?.endpoints.map(({ address, port }) => `${address}:${port}`)[0] ?? "",
        ),
        ROOM: "20",
    },
    args: ["sh", "/data/start.sh"],
    blocks: [{ image: proxy, mount: "/data" }],
    interfaces: [card],
});

export const url = "http://10.71.0.9/";
export const members = fleet.members;
