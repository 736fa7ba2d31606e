// One of each resource, as in a small program, with a configuration of 512 bytes in all.
const { BlockImage, NetworkInterface, Unikernel } = require("pulumi-unikernel");

const data = new BlockImage("data", { source: process.env.BENCH_TREE });
const eth = new NetworkInterface("eth", {
    attach: { user: { forward: [{ host: Number(process.env.BENCH_PORT), guest: 80 }] } },
    ipv4: "dhcp",
});
new Unikernel("guest", {
    platform: "kvm",
    connection: process.env.BENCH_CONNECTION,
    kernel: process.env.BENCH_KERNEL,
    accelerator: "tcg",
    memory: 16,
    args: ["--text", "x".repeat(326)],
    blocks: [{ image: data, mount: "/data" }],
    interfaces: [eth],
});
