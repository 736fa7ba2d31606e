// Times of one data image through the handlers that Pulumi calls, without Pulumi. Prints ImageTimes.
const { blockImage } = require("../../dist/provider/dynamic");

const { createHash } = require("node:crypto");
const { closeSync, openSync, readSync } = require("node:fs");

const { tree } = JSON.parse(process.argv[2]);
const news = {
    source: tree,
    format: "iso9660",
    resourceUrn: "urn:pulumi:bench::bench::pulumi-nodejs:dynamic/unikernel:BlockImage::tree",
};

const timed = async (work) => {
    const start = performance.now();
    const result = await work();
    return [performance.now() - start, result];
};

function hashOf(path) {
    const [file, hash, buffer] = [openSync(path), createHash("sha256"), Buffer.allocUnsafe(1 << 20)];
    for (let got = readSync(file, buffer); got > 0; got = readSync(file, buffer)) hash.update(buffer.subarray(0, got));
    closeSync(file);
    return hash.digest("hex");
}

(async () => {
    const [first, checked] = await timed(() => blockImage.check({}, news));
    if (checked.failures?.length) throw new Error(JSON.stringify(checked.failures));
    const [build, { outs }] = await timed(() => blockImage.create(checked.inputs));
    const [hash, sha256] = await timed(async () => hashOf(outs.path));
    if (sha256 !== outs.sha256) throw new Error("the image is not as create says");
    const unchanged = [];
    for (let i = 0; i < 5; i++) {
        const [milliseconds, again] = await timed(() => blockImage.check(checked.inputs, news));
        if (again.inputs.digest !== checked.inputs.digest) throw new Error("the digest of an untouched tree changed");
        unchanged.push(milliseconds);
    }
    process.stdout.write(JSON.stringify({ first, build, hash, unchanged }));
})().catch((error) => {
    process.stderr.write(`${error.stack || error.message}\n`);
    process.exitCode = 1;
});
