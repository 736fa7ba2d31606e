// The guests that other tools make too: test kernels, by dynamic providers or by the plugin. With BENCH_DISK each has a
// data image of that folder as a persist disk, and an interface in the network BENCH_NETWORK.
const pulumi = require("@pulumi/pulumi");

const plugin = process.env.BENCH_BY === "plugin";
const dynamic = plugin ? {} : require("pulumi-unikernel");
const declare = (kind, name, args) =>
    plugin ? new pulumi.CustomResource(`unikernel:index:${kind}`, name, args) : new dynamic[kind](name, args);

const { BENCH_DISK: source, BENCH_NETWORK: network, BENCH_QEMU_ARGUMENT: qemuArgument } = process.env;
const devices = source && {
    blocks: [{ image: declare("BlockImage", "disk", { source, format: "raw" }), access: "persist", mount: "/data" }],
    interfaces: [declare("NetworkInterface", "card", { attach: { network } })],
};
for (let i = 0; i < Number(process.env.BENCH_COUNT); i++) {
    declare("Unikernel", `guest-${i}`, {
        platform: "kvm",
        connection: process.env.BENCH_CONNECTION,
        name: `guest-${i}`,
        kernel: process.env.BENCH_KERNEL,
        accelerator: "tcg",
        memory: 16,
        args: ["--round", process.env.BENCH_ROUND],
        ...devices,
        ...(qemuArgument ? { qemuArgs: [qemuArgument] } : {}),
    });
}
