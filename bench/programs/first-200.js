// One step of the figure "first HTTP 200": create or delete by the handlers that Pulumi calls, or virsh. Prints JSON.
const { execFileSync, spawnSync } = require("node:child_process");
const http = require("node:http");

const { step, guest, uri, port, file } = JSON.parse(process.argv[2]);
const { unikernel } = require("../../dist/provider/dynamic");

const news = {
    platform: "kvm",
    connection: uri,
    accelerator: "tcg",
    name: "bench-nginx",
    memory: 128,
    ...guest,
    interfaces: [
        { mac: "52:54:00:0b:e4:c8", attach: { user: { forward: [{ host: port, guest: 80 }] } }, ipv4: "dhcp" },
    ],
    readiness: { http: { port: 80, path: "/" }, timeout: 60 },
    resourceUrn: "urn:pulumi:bench::bench::pulumi-nodejs:dynamic/unikernel:Unikernel::nginx",
};

const status = () =>
    new Promise((done) => {
        const request = http.get({ host: "127.0.0.1", port, path: "/", timeout: 300, agent: false }, (response) => {
            response.resume();
            done(response.statusCode);
        });
        request.on("timeout", () => request.destroy());
        request.on("error", () => done(0));
    });

/** Return the milliseconds until the guest answers 200; it is asked 50 times a second. */
async function answered(start) {
    while ((await status()) !== 200) {
        if (performance.now() - start > 120_000) throw new Error("no HTTP 200 within two minutes");
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return performance.now() - start;
}

async function checked() {
    const { inputs, failures } = await unikernel.check({}, news);
    if (failures?.length) throw new Error(JSON.stringify(failures));
    return inputs;
}

const steps = {
    async create() {
        const inputs = await checked();
        const start = performance.now();
        const creating = unikernel
            .create(inputs)
            .then((made) => ({ id: made.outs.uuid, returned: performance.now() - start }));
        const [first, made] = await Promise.all([answered(start), creating]);
        return { answered: first, ...made };
    },
    async delete() {
        const inputs = await checked();
        await unikernel.delete(inputs.uuid, inputs);
        return {};
    },
    async virsh() {
        const virsh = (...args) => execFileSync("virsh", ["-q", "-c", uri, ...args], { encoding: "utf8" });
        const start = performance.now();
        virsh(`define ${file}; start bench-nginx`);
        const returned = performance.now() - start;
        const first = await answered(start);
        spawnSync("virsh", ["-q", "-c", uri, "destroy bench-nginx; undefine bench-nginx"]);
        return { answered: first, returned };
    },
};

steps[step]().then(
    (result) => {
        process.stdout.write(JSON.stringify(result), () => process.exit());
    },
    (error) => {
        process.stderr.write(`${error.stack || error.message}\n`, () => process.exit(1));
    },
);
