// Loaded by `node --require` into each Node process under `pulumi`: appends a line of JSON to the file $BENCH_MARKS for
// each piece of work that a create waits for: what it is, and its begin and end in milliseconds since 1970.
const crypto = require("node:crypto");
const fs = require("node:fs");
const Module = require("node:module");
const path = require("node:path");
const { isMainThread } = require("node:worker_threads");

/** By what Node runs: the program, the host of dynamic providers, and this package's process for libvirt. */
const PROCESSES = {
    program: /@pulumi\/pulumi\/cmd\/run\b/,
    provider: /pulumi-resource-pulumi-nodejs|dynamic-provider/,
    child: /libvirt\/client\/child\.js/,
};
const [role] = Object.keys(PROCESSES).filter((name) => PROCESSES[name].test(process.argv[1] ?? ""));
const LOADING = `loading package: ${role}`;

const dist = path.join(__dirname, "../../dist");
const now = () => performance.timeOrigin + performance.now();

function mark(name, from, to = now()) {
    fs.appendFileSync(process.env.BENCH_MARKS, `${JSON.stringify({ name, from, to })}\n`);
}

/** Return a function that does the same, and marks how long it or its promise takes. */
function timed(name, work) {
    return function (...args) {
        const from = now();
        const result = work.apply(this, args);
        if (typeof result?.then !== "function") mark(name, from);
        else
            result.then(
                () => mark(name, from),
                () => mark(name, from),
            );
        return result;
    };
}

/** Time the methods of an object, which may be those of its class. */
function timeMethods(target, nameOf) {
    const inherited = Object.getOwnPropertyNames(Object.getPrototypeOf(target));
    for (const name of new Set([...Object.keys(target), ...inherited])) {
        if (name !== "constructor" && typeof target[name] === "function")
            target[name] = timed(nameOf(name), target[name]);
    }
}

const hosts = new WeakSet();
function timeHost(host) {
    if (hosts.has(host)) return;
    hosts.add(host);
    const asked = "asking libvirt";
    host.info = timed(asked, host.info);
    host.resources = timed(asked, host.resources);
    host.domainCapabilities = timed(asked, host.domainCapabilities);
    timeMethods(host.networks, () => asked);
    timeMethods(host.domains, (name) => ({ define: "define", start: "libvirt's start" })[name] ?? asked);
    timeMethods(host.files, (name) => (["put", "copy", "share"].includes(name) ? "copying" : "the guest's folder"));
}

/** By the module that exports them: the functions to time. */
const PATCHES = {
    "provider/dynamic.js": ({ unikernel }) => timeMethods(unikernel, (name) => (name === "check" ? "check" : "other")),
    "localFiles/content.js": (exports) => {
        exports.hashFile = timed("hashing", exports.hashFile);
    },
    "backends/libvirt/lifecycle/readiness/readiness.js": (exports) => {
        exports.waitReady = timed("readiness", exports.waitReady);
    },
    "backends/libvirt/client/opener.js": (exports) => {
        exports.open = timed("connecting", exports.open);
    },
    "backends/libvirt/client/ffi.js": (exports) => {
        // The first call loads the library.
        const { libvirt } = exports;
        const first = timed(LOADING, libvirt);
        exports.libvirt = () => {
            exports.libvirt = libvirt;
            return first();
        };
    },
    "backends/libvirt/open.js": (exports) => {
        const { openHost } = exports;
        exports.openHost = async (...args) => {
            const host = await openHost(...args);
            timeHost(host);
            return host;
        };
    },
};

const kindOf = (filename, outer) => {
    if (filename.includes("/node_modules/@pulumi/pulumi/")) return "loading Pulumi's SDK";
    if (filename.startsWith(dist)) return LOADING;
    // Dependencies belong to what needed them first; the program's own file counts as the SDK's, which loads it.
    return outer ?? "loading Pulumi's SDK";
};

/** Time what modules load, this package's apart from the SDK's: a load inside one of the other kind interrupts it. */
function timeLoads() {
    const { load } = Module.prototype;
    let current;
    let from;
    const turnTo = (kind) => {
        if (kind === current) return;
        if (current) mark(current, from);
        current = kind;
        from = now();
    };
    Module.prototype.load = function (filename) {
        const outer = current;
        turnTo(kindOf(filename, outer));
        try {
            load.call(this, filename);
        } finally {
            turnTo(outer);
        }
        PATCHES[path.relative(dist, filename)]?.(this.exports);
    };
}

function timeSyncs() {
    const { open } = fs.promises;
    fs.promises.open = async (...args) => {
        const handle = await open(...args);
        for (const name of ["sync", "datasync"]) handle[name] = timed("syncing", handle[name]);
        return handle;
    };
}

/** Time hashes of whole pieces of files, wherever they are: a copy hashes too. */
function timeHashes() {
    const { update } = crypto.Hash.prototype;
    const timedUpdate = timed("hashing", update);
    crypto.Hash.prototype.update = function (data, ...rest) {
        return (data.length >= 1 << 16 ? timedUpdate : update).call(this, data, ...rest);
    };
}

// Others are left out: the language host is a part of the engine, and Pulumi's releases have it as a program in Go.
if (isMainThread && role) {
    mark("node's start", performance.timeOrigin);
    timeLoads();
    timeSyncs();
    timeHashes();
}
