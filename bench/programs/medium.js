// Times of one medium through the handlers that Pulumi calls, without Pulumi. Prints MediumTimes.
const { unikernel } = require("../../dist/provider/dynamic");

const { args, runs } = JSON.parse(process.argv[2]);
const news = {
    platform: "iso",
    resourceUrn: "urn:pulumi:bench::bench::pulumi-nodejs:dynamic/unikernel:Unikernel::medium",
    ...args,
};

const timed = async (work) => {
    const start = performance.now();
    const result = await work();
    return [performance.now() - start, result];
};

(async () => {
    const build = [];
    const unchanged = [];
    let made;
    for (let run = 0; run < runs; run++) {
        const checked = await unikernel.check({}, news);
        if (checked.failures?.length) throw new Error(JSON.stringify(checked.failures));
        const [milliseconds, created] = await timed(() => unikernel.create(checked.inputs));
        build.push(milliseconds);
        const [again, diff] = await timed(async () =>
            unikernel.diff(created.id, created.outs, (await unikernel.check(checked.inputs, news)).inputs),
        );
        if (diff.changes !== false) throw new Error("an untouched medium would be rebuilt");
        unchanged.push(again);
        made = created;
        if (run < runs - 1) await unikernel.delete(created.id, created.outs);
    }
    process.stdout.write(JSON.stringify({ build, unchanged, path: made.outs.path, size: made.outs.size }));
})().catch((error) => {
    process.stderr.write(`${error.stack || error.message}\n`);
    process.exitCode = 1;
});
