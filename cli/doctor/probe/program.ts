import { createRequire } from "node:module";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { runProgram } from "./run";
import { parseVersion } from "../finding";
import type { EngineFacts, SdkFacts } from "../judge";
import { exists, which, type Machine } from "./machine";

/** The program's version; "" when it does not say, undefined when it is not on PATH. */
export async function versionOf(machine: Machine, program: string, argument: string): Promise<string | undefined> {
    const path = await which(machine, program);
    if (!path) return undefined;
    return parseVersion((await runProgram(path, [argument])) ?? "") ?? "";
}

export async function probeEngine(machine: Machine): Promise<EngineFacts> {
    const path = await which(machine, "pulumi");
    if (!path) return { language: false };
    const host = "pulumi-language-nodejs";
    const beside = [dirname(path), join(machine.env.PULUMI_HOME ?? join(homedir(), ".pulumi"), "bin")];
    const language = (await which(machine, host)) !== undefined
        || (await Promise.all(beside.map((folder) => exists(join(folder, host))))).includes(true);
    return { version: parseVersion((await runProgram(path, ["version"])) ?? "") ?? "0.0", language };
}

/** The SDK as the program in that folder would get it. */
export function probeSdk(folder: string): SdkFacts {
    const require = createRequire(join(folder, "index.js"));
    try {
        const manifest: unknown = require("@pulumi/pulumi/package.json");
        const version = typeof manifest === "object" && manifest !== null && "version" in manifest ? String(manifest.version) : "0.0";
        return { folder, version };
    } catch {
        return { folder };
    }
}

/** systemd runs here: sd_booted(3) looks for the same folder. */
export function hasServiceManager(): boolean {
    return existsSync("/run/systemd/system");
}
