// Creates guests of one kernel and one image by the handlers that Pulumi calls, all but the first at once, and deletes
// them; then two Linux guests, if `linux` has the arguments of one. Prints JSON.
const { lstatSync, readdirSync, readFileSync } = require("node:fs");
const { join } = require("node:path");

const { root, uri, kernel, image, folder, guests, linux } = JSON.parse(process.argv[2]);
const { unikernel } = require(join(root, "dist/provider/dynamic"));

const news = (index, boot) => ({
    platform: "kvm",
    connection: uri,
    accelerator: "tcg",
    name: `content-${index}`,
    ...boot,
    resourceUrn: `urn:pulumi:bench::bench::pulumi-nodejs:dynamic/unikernel:Unikernel::content-${index}`,
});

const written = () => Number(/^write_bytes: (\d+)$/m.exec(readFileSync("/proc/self/io", "latin1"))[1]);

/** Return the bytes that the files below a folder occupy; a file with several links counts once. */
function occupied() {
    const blocks = new Map();
    for (const entry of readdirSync(folder, { recursive: true })) {
        const facts = lstatSync(join(folder, String(entry)));
        if (facts.isFile()) blocks.set(facts.ino, facts.blocks);
    }
    return 512 * [...blocks.values()].reduce((sum, one) => sum + one, 0);
}

async function create(index, boot = { memory: 16, kernel, blocks: [{ path: image }] }) {
    const { inputs, failures } = await unikernel.check({}, news(index, boot));
    if (failures?.length) throw new Error(JSON.stringify(failures));
    return (await unikernel.create(inputs)).outs;
}

/** Return the bytes that a second Linux guest of the same kernel and initrd writes. */
async function writtenByLinux() {
    const first = await create("linux-0", linux);
    const before = written();
    const second = await create("linux-1", linux);
    const bytes = written() - before;
    for (const one of [first, second]) await unikernel.delete(one.uuid, one);
    return bytes;
}

(async () => {
    const start = performance.now();
    const made = [await create(0)];
    const before = { written: written(), occupied: occupied() };
    made.push(...(await Promise.all(Array.from({ length: guests - 1 }, (_, index) => create(index + 1)))));
    const seconds = (performance.now() - start) / 1000;
    const each = {
        written: (written() - before.written) / (guests - 1),
        occupied: (occupied() - before.occupied) / (guests - 1),
    };
    await Promise.all(made.map((one) => unikernel.delete(one.uuid, one)));
    return { seconds, ...each, ...(linux ? { linux: await writtenByLinux() } : {}) };
})().then(
    (result) => {
        process.stdout.write(JSON.stringify(result), () => process.exit());
    },
    (error) => {
        process.stderr.write(`${error.stack || error.message}\n`, () => process.exit(1));
    },
);
