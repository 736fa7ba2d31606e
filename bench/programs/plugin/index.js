// The same guests by dynamic providers and by the plugin: a card and a data image each has, told apart by one argument.
const pulumi = require("@pulumi/pulumi");

const plugin = process.env.BENCH_BY === "plugin";
const dynamic = plugin ? {} : require("pulumi-unikernel");
const declare = (kind, name, args) =>
    plugin ? new pulumi.CustomResource(`unikernel:index:${kind}`, name, args) : new dynamic[kind](name, args);

const data = declare("BlockImage", "data", { source: { "index.html": "hello" } });
for (let i = 0; i < Number(process.env.BENCH_COUNT); i++) {
    declare("Unikernel", `guest-${i}`, {
        platform: "kvm",
        connection: process.env.BENCH_CONNECTION,
        kernel: process.env.BENCH_KERNEL,
        accelerator: "tcg",
        memory: 16,
        args: ["--round", process.env.BENCH_ROUND],
        blocks: [{ image: data, mount: "/data" }],
        interfaces: [declare("NetworkInterface", `card-${i}`, {})],
    });
}
