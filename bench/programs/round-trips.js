// The handlers that Pulumi calls, and the calls to the host that each step makes. Prints JSON.
// `make`: creates of guests one after the other, a read and an update. `rest`: a refresh of all of them at once, twice,
// and the deletes, in a process of its own as under an engine.
const { part, uri, platform, kernel, guests, socket, states } = JSON.parse(process.argv[2]);
const { unikernel } = require("../../dist/provider/dynamic");
const { SshConnection } = require("../../dist/backends/libvirt/files/ssh");
const { waves } = require("./waves");

const host = waves(socket);
const { ask } = SshConnection.prototype;
SshConnection.prototype.ask = async function (one) {
    const answered = host.ask(one.what.replace(/ of .*/, ""));
    try {
        return await ask.call(this, one);
    } finally {
        await answered();
    }
};

/** Return what a step asked of the host: procedures of libvirt and purposes of scripts, in groups that were sent at once. */
async function counted(work) {
    const begin = performance.now();
    const result = await work();
    const seconds = (performance.now() - begin) / 1000;
    return [{ waits: host.take(), seconds }, result];
}

const news = (name, args) => ({
    platform,
    connection: uri,
    name,
    kernel,
    memory: 16,
    ...(platform === "kvm" ? { accelerator: "tcg" } : {}),
    ...(args ? { args } : {}),
    resourceUrn: `urn:pulumi:bench::bench::pulumi-nodejs:dynamic/unikernel:Unikernel::${name}`,
});
async function checked(name) {
    const { inputs, failures } = await unikernel.check({}, news(name));
    if (failures?.length) throw new Error(JSON.stringify(failures));
    return inputs;
}
const made = async (inputs) => (await unikernel.create(inputs)).outs;

async function make() {
    // The first create also pays for the connections and for the shared kernel file.
    const [first, state] = await counted(async () => made(await checked("round-0")));
    const [check, wanted] = await counted(() => checked("round-1"));
    const [create, second] = await counted(() => made(wanted));
    const [read] = await counted(() => unikernel.read(second.uuid, second));
    const { inputs } = await unikernel.check(second, news("round-1", ["other"]));
    const [update, changed] = await counted(async () => (await unikernel.update(second.uuid, second, inputs)).outs);
    const states = [state, changed.outs ?? changed];
    for (let number = states.length; number < guests; number++)
        states.push(await made(await checked(`round-${number}`)));
    return { first, check, create, read, update, states };
}

async function rest() {
    const refresh = () =>
        counted(async () => {
            const all = await Promise.all(states.map((state) => unikernel.read(state.uuid, state)));
            if (!all.every(({ props }) => props?.state === "running")) throw new Error(JSON.stringify(all));
        });
    const [opening] = await refresh();
    const [again] = await refresh();
    const [one, ...others] = states;
    const [remove] = await counted(() => unikernel.delete(one.uuid, one));
    await Promise.all(others.map((other) => unikernel.delete(other.uuid, other)));
    return { opening, refresh: again, delete: remove };
}

({ make, rest })[part]().then(
    (result) => {
        process.stdout.write(JSON.stringify(result), () => process.exit());
    },
    (error) => {
        process.stderr.write(`${error.stack || error.message}\n`, () => process.exit(1));
    },
);
