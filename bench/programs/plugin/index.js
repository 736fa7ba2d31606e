// The same guests by dynamic providers or by the plugin, each with an interface and a data image. One argument changes
// with BENCH_ROUND.
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
