// A Go that can build the engine: the one that is there, Debian's, or the toolchain that Debian's old one can fetch.
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readdirSync, readFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { ENGINE_VERSION, parseVersion, which } from "../engine.mjs";
import { install } from "./debian.mjs";
import { run, SetupError } from "./steps.mjs";

/** @typedef {{ program: string, version: number[] }} InstalledGo */
/** @typedef {{ program: string, toolchain: "local" | "auto" }} ChosenGo `toolchain` is for GOTOOLCHAIN */

/** The first Go that fetches the toolchain which a module asks for by itself. */
const FETCHES_TOOLCHAINS = [1, 21, 0];

/**
 * `go1.22` → [1, 22, 0]; undefined for anything else.
 * @param {string} text
 */
export const parseGoVersion = (text) =>
    parseVersion(/go(\d+\.\d+(?:\.\d+)?)/.exec(text)?.[1]?.replace(/^(\d+\.\d+)$/, "$1.0") ?? "");

/**
 * @param {number[]} found
 * @param {number[]} wanted as many parts
 */
export const atLeast = (found, wanted) => {
    const differences = wanted.map((part, index) => (found[index] ?? 0) - part);
    return (differences.find((difference) => difference !== 0) ?? 0) >= 0;
};

/** Every Go that runs, PATH first. */
function installedGos() {
    return [which("go"), "/usr/local/go/bin/go"].flatMap((program) => {
        if (!program || !existsSync(program)) return [];
        const env = { ...process.env, GOTOOLCHAIN: "local" };
        const version = parseGoVersion(
            spawnSync(program, ["env", "GOVERSION"], { encoding: "utf8", env }).stdout ?? "",
        );
        return version ? [{ program, version }] : [];
    });
}

/**
 * Picks one of the installed that can build for the version `wanted`.
 * @param {InstalledGo[]} gos
 * @param {number[]} wanted
 * @returns {ChosenGo | undefined}
 */
export function chooseGo(gos, wanted) {
    const ready = gos.find(({ version }) => atLeast(version, wanted));
    if (ready) return { program: ready.program, toolchain: "local" };
    const fetching = gos.find(({ version }) => atLeast(version, FETCHES_TOOLCHAINS));
    return fetching && { program: fetching.program, toolchain: "auto" };
}

/**
 * Toolchains are modules too: an older Go can fetch one, but leaves its programs without the right to run.
 * @param {string} program
 * @param {string} version
 * @returns {Promise<ChosenGo>}
 */
async function fetchToolchain(program, version) {
    const arch = process.arch === "x64" ? "amd64" : process.arch;
    const module = `golang.org/toolchain@v0.0.1-go${version}.linux-${arch}`;
    const { Dir: folder } = JSON.parse(
        await run(program, ["mod", "download", "-json", module], { cwd: os.tmpdir(), title: "go mod download" }),
    );
    for (const place of ["bin", `pkg/tool/linux_${arch}`].map((name) => path.join(folder, name))) {
        for (const name of readdirSync(place)) chmodSync(path.join(place, name), 0o755);
    }
    return { program: path.join(folder, "bin/go"), toolchain: "local" };
}

/**
 * @param {string} goMod the module file whose `go` line names the version
 * @returns {Promise<ChosenGo>}
 */
export async function ensureGo(goMod) {
    const needed = /^go (\S+)$/m.exec(readFileSync(goMod, "utf8"))?.[1];
    const wanted = parseVersion(needed ?? "");
    if (!needed || !wanted) throw new Error(`found no version in ${goMod}; expected a line such as "go 1.25.0"`);
    const found = chooseGo(installedGos(), wanted);
    if (found) return found;
    if (!which("apt-get")) {
        throw new SetupError(`There is no Pulumi engine: none on PATH, no release to download, and no Go (1.21 or newer) to build it with.
Either install Pulumi ${ENGINE_VERSION} (https://www.pulumi.com/docs/install) or Go (https://go.dev/doc/install), and run set-up again.`);
    }
    if (installedGos().length === 0) await install(["golang-go"]);
    const gos = installedGos();
    const program = gos[0]?.program;
    if (!program) throw new SetupError("found no Go that runs after golang-go was installed");
    return chooseGo(gos, wanted) ?? fetchToolchain(program, needed);
}
