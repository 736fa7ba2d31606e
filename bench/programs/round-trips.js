// A create, a read, an update and two deletes through the handlers that Pulumi calls. Counts their calls to the host.
// Prints JSON.
const { readFileSync } = require("node:fs");

const { uri, kernel, log } = JSON.parse(process.argv[2]);
const { unikernel } = require("../../dist/provider/dynamic");
const { SshConnection } = require("../../dist/backends/libvirt/files/ssh");

const asked = [];
const { ask } = SshConnection.prototype;
SshConnection.prototype.ask = function (one) {
    asked.push(one.what.replace(/ of .*/, ""));
    return ask.call(this, one);
};

const calls = () => readFileSync(log, "utf8").split("\n").filter(Boolean).map(Number);
const soFar = () => ({ libvirt: calls(), scripts: [...asked] });

(async () => {
    const news = (name) => ({
        platform: "xen",
        connection: uri,
        name,
        kernel,
        memory: 16,
        resourceUrn: `urn:pulumi:bench::bench::pulumi-nodejs:dynamic/unikernel:Unikernel::${name}`,
    });
    const made = async (name) => {
        const { inputs, failures } = await unikernel.check({}, news(name));
        if (failures?.length) throw new Error(JSON.stringify(failures));
        return (await unikernel.create(inputs)).outs;
    };
    // The first create also pays for the connections and for the shared kernel file.
    const first = await made("round-0");
    const before = soFar();
    const second = await made("round-1");
    const after = soFar();
    await unikernel.read(second.uuid, second);
    const seen = soFar();
    const { inputs } = await unikernel.check(second, { ...news("round-1"), args: ["other"] });
    const changed = (await unikernel.update(second.uuid, second, inputs)).outs;
    const updated = soFar();
    for (const one of [first, changed]) await unikernel.delete(one.uuid, one);
    const end = soFar();
    const between = (from, to) => ({
        libvirt: to.libvirt.slice(from.libvirt.length),
        scripts: to.scripts.slice(from.scripts.length),
    });
    return {
        first: before,
        create: between(before, after),
        read: between(after, seen),
        update: between(seen, updated),
        deletes: between(updated, end),
    };
})().then(
    (result) => {
        process.stdout.write(JSON.stringify(result), () => process.exit());
    },
    (error) => {
        process.stderr.write(`${error.stack || error.message}\n`, () => process.exit(1));
    },
);
