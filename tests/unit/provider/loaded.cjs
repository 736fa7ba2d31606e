// Prints the packages, and the modules of this one, that a run of the engine loads, as JSON: those of a program, or of
// the provider that checks an unchanged guest and compares it.
const { join, relative, sep } = require("node:path");

const repository = join(__dirname, "../../..");
const [part, kernel] = process.argv.slice(2);

async function run() {
    if (part === "program") return require("../../../index.ts");
    const { unikernel } = require("../../../provider/dynamic.ts");
    const connection = "qemu+unix:///system?socket=/nonexistent";
    const news = {
        resourceUrn: "urn:pulumi:dev::p::pulumi-nodejs:dynamic/unikernel:Unikernel::web",
        platform: "kvm",
        connection,
        kernel,
        guest: "raw",
    };
    // With a host and a uuid in state, no host is asked.
    const id = "5b0f5a52-6d35-4d0b-9a5e-3f1c4d1f7c11";
    const known = { connection, platform: "kvm", host: id, uuid: id };
    const { inputs, failures } = await unikernel.check(known, news);
    if (failures.length > 0) throw new Error(JSON.stringify(failures));
    const { inputs: again } = await unikernel.check(inputs, news);
    const { changes } = await unikernel.diff(inputs.uuid, inputs, again);
    if (changes !== false) throw new Error("the unchanged guest differs");
}

run().then(
    () => {
        const files = Object.keys(require.cache).map((file) => relative(repository, file));
        const packageOf = (file) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1];
        process.stdout.write(
            JSON.stringify({
                packages: [...new Set(files.map(packageOf).filter(Boolean))].sort(),
                modules: files.filter((file) => file.endsWith(".ts") && !file.startsWith(`..${sep}`)).sort(),
            }),
            () => process.exit(),
        );
    },
    (error) => {
        process.stderr.write(`${error.stack}\n`, () => process.exit(1));
    },
);
