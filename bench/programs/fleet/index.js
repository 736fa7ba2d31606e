// The fleet of the figures: test kernels without devices, told apart by one argument.
const { Unikernel } = require("pulumi-unikernel");

for (let i = 0; i < Number(process.env.BENCH_COUNT); i++) {
    new Unikernel(`guest-${i}`, {
        platform: "kvm",
        connection: process.env.BENCH_CONNECTION,
        kernel: process.env.BENCH_KERNEL,
        accelerator: "tcg",
        memory: 16,
        args: ["--round", process.env.BENCH_ROUND],
    });
}
