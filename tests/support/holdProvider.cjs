// Loaded by `node --require` in the environment of one engine run: holds the provider at calls to a host (hold.ts). The
// product has no code for this.
const Module = require("node:module");

const plan = JSON.parse(process.env.PULUMI_UNIKERNEL_TEST_HOLD);
const opener = plan.opener ?? require.resolve("../../dist/backends/libvirt/open.js");
const load = Module._extensions[".js"];

Module._extensions[".js"] = (module, filename) => {
    load(module, filename);
    if (filename !== opener) return;
    require("./typescript.cjs");
    const { holding } = require("./hold.ts");
    const { openHost } = module.exports;
    const held = new Map();
    module.exports.openHost = async (uri, options) => {
        const host = await openHost(uri, options);
        if (!held.has(host)) held.set(host, holding(host, plan));
        return held.get(host);
    };
};
