// Finds the Pulumi engine: on PATH, or in the folder where set-up keeps one.
import { spawnSync } from "node:child_process";
import { accessSync, constants, realpathSync } from "node:fs";
import os from "node:os";
import path from "node:path";

/** The version that set-up fetches or builds when there is none. */
export const ENGINE_VERSION = "v3.259.0";
/** The oldest engine that will do. */
export const MINIMUM = "v3.200.0";

export const cacheFolder = (env = process.env) =>
    path.join(env.XDG_CACHE_HOME || path.join(os.homedir(), ".cache"), "pulumi-unikernel");

export const engineFolder = (env = process.env) => path.join(cacheFolder(env), "engine", ENGINE_VERSION);

/** @typedef {[major: number, minor: number, patch: number]} Version */

/**
 * `v3.200.1-alpha.x` → [3, 200, 1]; undefined for anything else.
 * @param {string} text
 * @returns {Version | undefined}
 */
export function parseVersion(text) {
    const match = /^v?(\d+)\.(\d+)\.(\d+)/.exec(text.trim());
    return match ? [Number(match[1]), Number(match[2]), Number(match[3])] : undefined;
}

/**
 * Same major version, and not older.
 * @param {string} version
 */
export function willDo(version, minimum = MINIMUM) {
    const [found, wanted] = [parseVersion(version), parseVersion(minimum)];
    if (!found || !wanted || found[0] !== wanted[0]) return false;
    return found[1] !== wanted[1] ? found[1] > wanted[1] : found[2] >= wanted[2];
}

/** @param {string} file */
const isProgram = (file) => {
    try {
        accessSync(file, constants.X_OK);
        return true;
    } catch {
        return false;
    }
};

/**
 * The first program of this name on PATH.
 * @param {string} name
 */
export function which(name, searchPath = process.env.PATH ?? "") {
    return searchPath
        .split(path.delimiter)
        .filter(Boolean)
        .map((folder) => path.join(folder, name))
        .find(isProgram);
}

/**
 * Looks at one engine.
 * @param {string} program
 * @returns its version; undefined when it does not run, is too old, or has no Node language host beside it or on PATH
 */
export function engineVersion(program, env = process.env) {
    const run = spawnSync(program, ["version"], {
        encoding: "utf8",
        timeout: 20_000,
        env: { ...env, PULUMI_SKIP_UPDATE_CHECK: "true" },
    });
    if (run.status !== 0 || !willDo(run.stdout)) return undefined;
    const beside = path.join(path.dirname(realpathSync(program)), "pulumi-language-nodejs");
    return isProgram(beside) || which("pulumi-language-nodejs", env.PATH) ? run.stdout.trim() : undefined;
}

/**
 * The engine to use: PATH first, then the one that set-up keeps.
 * @returns {{ program: string, version: string, onPath: boolean } | undefined}
 */
export function findEngine(env = process.env) {
    const onPath = which("pulumi", env.PATH);
    const kept = path.join(engineFolder(env), "pulumi");
    for (const program of new Set([onPath, isProgram(kept) ? kept : undefined])) {
        const version = program && engineVersion(program, env);
        if (version) return { program, version, onPath: program === onPath };
    }
    return undefined;
}

/** PATH with the engine on it. Throws when there is none. */
export function engineEnv(env = process.env) {
    const engine = findEngine(env);
    if (!engine) throw new Error("There is no Pulumi engine yet: run `npm run setup`.");
    return engine.onPath
        ? { PATH: env.PATH ?? "" }
        : { PATH: `${path.dirname(engine.program)}${path.delimiter}${env.PATH ?? ""}` };
}
