// The fleet: test kernels without devices, or with the data image BENCH_IMAGE; on BENCH_CONNECTION, or over BENCH_HOSTS. One argument changes with BENCH_ROUND.
const { Unikernel } = require("pulumi-unikernel");

for (let i = 0; i < Number(process.env.BENCH_COUNT); i++) {
    new Unikernel(`guest-${i}`, {
        platform: process.env.BENCH_PLATFORM,
        ...(process.env.BENCH_HOSTS
            ? { hosts: JSON.parse(process.env.BENCH_HOSTS) }
            : { connection: process.env.BENCH_CONNECTION }),
        kernel: process.env.BENCH_KERNEL,
        ...(process.env.BENCH_PLATFORM === "kvm" ? { accelerator: "tcg" } : {}),
        memory: 16,
        ...(process.env.BENCH_IMAGE ? { blocks: [{ path: process.env.BENCH_IMAGE }] } : {}),
        args: ["--round", process.env.BENCH_ROUND],
        ...(process.env.BENCH_READY ? { readiness: { console: process.env.BENCH_READY, timeout: 100 } } : {}),
    });
}
