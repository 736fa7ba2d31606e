// Times one burn without Pulumi: until all data is written and synced, and until it is read back. Prints { written,
// seconds }.
const { burnImage, inspectDevice, openDevice } = require("../../dist/backends/iso/burn");
const { statSync, writeFileSync } = require("node:fs");

const { image, device, procs } = JSON.parse(process.argv[2]);
if (procs) writeFileSync(procs, String(process.pid));

(async () => {
    const { size } = statSync(image);
    const inspected = await inspectDevice({ device, allowFixed: true }, size);
    const start = performance.now();
    const passed = () => (performance.now() - start) / 1000;
    let [synced, written] = [0, undefined];
    await burnImage(image, size, inspected, {
        open: async (...args) => {
            const file = await openDevice(...args);
            return {
                ...file,
                async sync() {
                    await file.sync();
                    synced = passed();
                },
            };
        },
        onProgress(_bytes, _total, phase) {
            // Reading back begins right after a sync.
            if (phase === "verify") written ??= synced;
        },
    });
    process.stdout.write(JSON.stringify({ written, seconds: passed() }));
})().catch((error) => {
    process.stderr.write(`${error.stack || error.message}\n`);
    process.exitCode = 1;
});
