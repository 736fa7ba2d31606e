import { constants, existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { parseVersion } from "../finding";
import type { EngineFacts, SdkFacts } from "../judge";
import { exists, type Machine, which } from "./machine";
import { runProgram } from "./run";

/** Return the program's version; "" when it prints none, undefined when it is not on PATH. */
export async function versionOf(machine: Machine, program: string, argument: string): Promise<string | undefined> {
    const path = await which(machine, program);
    if (!path) return undefined;
    return parseVersion((await runProgram(path, [argument])) ?? "") ?? "";
}

export async function probeEngine(machine: Machine): Promise<EngineFacts> {
    const path = await which(machine, "pulumi");
    if (!path) return { language: false, kept: await keptEngine(machine) };
    const host = "pulumi-language-nodejs";
    const beside = [dirname(path), join(machine.env.PULUMI_HOME ?? join(homedir(), ".pulumi"), "bin")];
    const language =
        (await which(machine, host)) !== undefined ||
        (await Promise.all(beside.map((folder) => exists(join(folder, host))))).includes(true);
    return { version: parseVersion((await runProgram(path, ["version"])) ?? "") ?? "0.0", language };
}

/** Return the folder of an engine that this project's set-up has installed in the user's cache. */
async function keptEngine(machine: Machine): Promise<string | undefined> {
    const root = join(machine.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "pulumi-unikernel", "engine");
    const folders = (await readdir(root).catch(() => [])).map((version) => join(root, version));
    const there = await Promise.all(folders.map((folder) => exists(join(folder, "pulumi"), constants.X_OK)));
    return folders
        .filter((_, index) => there[index])
        .sort()
        .at(-1);
}

// Only looked for, never imported: cli/ must not import the engine's SDK.
const SDK = "@pulumi/pulumi";

/** Resolve the SDK as a program in that folder would. */
export function probeSdk(folder: string): SdkFacts {
    const require = createRequire(join(folder, "index.js"));
    try {
        const manifest: unknown = require(`${SDK}/package.json`);
        const version =
            typeof manifest === "object" && manifest !== null && "version" in manifest
                ? String(manifest.version)
                : "0.0";
        return { folder, version };
    } catch {
        return { folder };
    }
}

/** Return whether systemd runs here: sd_booted(3) looks for the same folder. */
export function hasServiceManager(): boolean {
    return existsSync("/run/systemd/system");
}
