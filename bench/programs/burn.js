// Times one burn without Pulumi: until all data is written and synced, and until it is read back. Prints { written,
// seconds }.
const { burnImage, inspectDevice } = require("../../dist/backends/iso/burn");
const { statSync, writeFileSync } = require("node:fs");

const { image, device, group } = JSON.parse(process.argv[2]);
if (group) writeFileSync(`${group}/cgroup.procs`, String(process.pid));

(async () => {
    const { size } = statSync(image);
    const start = performance.now();
    const passed = () => (performance.now() - start) / 1000;
    let written;
    await burnImage(image, size, await inspectDevice({ device, allowFixed: true }, size), {
        onProgress(_bytes, _total, phase) {
            if (phase === "verify") written ??= passed();
        },
    });
    process.stdout.write(JSON.stringify({ written, seconds: passed() }));
})().catch((error) => {
    process.stderr.write(`${error.stack || error.message}\n`);
    process.exitCode = 1;
});
