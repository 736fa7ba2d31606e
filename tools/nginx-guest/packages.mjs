// The distribution's packages that the guest is made of, fetched and unpacked without root.

/** @typedef {Map<string, string[]>} Graph the names of a package's dependencies by its name */
/** @typedef {{ packages: string[], releases: string[] }} Fetched `name=version` of each; the release (uname -r) of each kernel */

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
    existsSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    rmSync,
    statSync,
    writeFileSync,
} from "node:fs";
import path from "node:path";

const PROGRAMS = ["nginx", "nginx-common", "busybox-static"];

/**
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd?: string }} [options]
 */
const run = (program, args, options = {}) =>
    execFileSync(program, args, {
        encoding: "utf8",
        maxBuffer: 64 << 20,
        stdio: ["ignore", "pipe", "pipe"],
        ...options,
    });

/**
 * All dependencies below some packages (of alternatives, the last).
 * @param {string[]} names
 * @param {string[]} options
 */
function dependencyGraph(names, options) {
    /** @type {Graph} */
    const graph = new Map();
    /** @type {string[]} */
    let below = [];
    for (const line of run("apt-cache", [
        ...options,
        "depends",
        "--recurse",
        "--important",
        "--no-pre-depends",
        ...names,
    ]).split("\n")) {
        const dependency = /^ {2}Depends: ([^<\s]+)/.exec(line)?.[1];
        if (dependency) below.push(dependency);
        else if (/^\S/.test(line)) graph.set(line.trim(), (below = []));
    }
    return graph;
}

/**
 * The libraries that a package needs, by their packages' names: the programs that it calls are not followed.
 * @param {Graph} graph
 * @param {string} name
 * @param {Set<string>} found
 */
export function libraries(graph, name, found = new Set()) {
    for (const library of (graph.get(name) ?? []).filter((below) => /^(lib|zlib)/.test(below) && !found.has(below))) {
        libraries(graph, library, found.add(library));
    }
    return [...found];
}

/**
 * `name=version` of each package, in the versions that apt would install, and the release of each kernel.
 * @param {string[]} options
 * @param {string[]} kernels
 */
function candidates(options, kernels) {
    const graph = dependencyGraph([...kernels, "nginx"], options);
    const images = kernels.map((kernel) => {
        const image = (graph.get(kernel) ?? []).find((name) => name.startsWith("linux-image-"));
        if (!image)
            throw new Error(
                `apt knows no package ${kernel}: the guest is built from the packages of Debian 12 or later`,
            );
        return image;
    });
    const names = [...new Set(images), ...PROGRAMS, ...libraries(graph, "nginx")];
    const policy = run("apt-cache", [...options, "policy", ...names]);
    const versions = new Map(
        [...policy.matchAll(/^(\S+):\n.*\n {2}Candidate: (\S+)$/gm)].map(([, name, version]) => [name, version]),
    );
    const packages = names
        .map((name) => {
            const version = versions.get(name);
            if (!version || version === "(none)") throw new Error(`apt has no package ${name}`);
            return `${name}=${version}`;
        })
        .sort();
    return { packages, releases: images.map((image) => image.slice("linux-image-".length)) };
}

/**
 * Package lists of our own, for a system whose lists are empty and may not be written.
 * @param {string} folder
 */
function ownLists(folder) {
    mkdirSync(path.join(folder, "lists/partial"), { recursive: true });
    mkdirSync(path.join(folder, "cache/archives/partial"), { recursive: true });
    const options = [
        "-o",
        `Dir::State::lists=${folder}/lists`,
        "-o",
        `Dir::Cache=${folder}/cache`,
        "-o",
        "APT::Sandbox::User=",
    ];
    run("apt-get", [...options, "update"]);
    return options;
}

/** Changes whenever `apt-get update` found something new. */
function listsMark() {
    const folder = "/var/lib/apt/lists";
    const files = existsSync(folder)
        ? readdirSync(folder).map((name) => `${name} ${statSync(path.join(folder, name)).mtimeMs}`)
        : [];
    return createHash("sha256").update(files.sort().join("\n")).digest("hex");
}

/**
 * The packages of the last build; undefined when apt's lists have changed since.
 * @param {string} cache
 */
export function keptPackages(cache) {
    const file = path.join(cache, "packages.json");
    /** @type {{ lists?: string, packages?: string[] }} */
    const kept = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
    return kept.lists === listsMark() ? kept.packages : undefined;
}

/**
 * @param {string} cache
 * @param {string[]} packages
 */
export function keepPackages(cache, packages) {
    writeFileSync(path.join(cache, "packages.json"), JSON.stringify({ lists: listsMark(), packages }));
}

/**
 * Downloads the packages and unpacks them all into `target`. Where the system's package lists are missing, or so
 * old that the files are gone, lists of our own in `scratch` are used.
 * @param {string} scratch
 * @param {string} target
 * @param {string[]} kernels packages whose dependency is the present kernel
 */
export function fetchPackages(scratch, target, kernels) {
    try {
        return unpack([], target, kernels);
    } catch {
        rmSync(target, { recursive: true, force: true });
        return unpack(ownLists(scratch), target, kernels);
    }
}

/**
 * @param {string[]} options
 * @param {string} target
 * @param {string[]} kernels
 * @returns {Fetched}
 */
function unpack(options, target, kernels) {
    const found = candidates(options, kernels);
    mkdirSync(target, { recursive: true });
    const folder = mkdtempSync(path.join(target, "..", "packages-"));
    // Our folder may be closed to apt's own user: it fetches as us.
    run("apt-get", [...options, "-o", "APT::Sandbox::User=", "download", ...found.packages], { cwd: folder });
    for (const file of readdirSync(folder)) run("dpkg-deb", ["-x", path.join(folder, file), target]);
    return found;
}
