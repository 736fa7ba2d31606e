import { constants } from "node:fs";
import { stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import type { FolderFacts, Step } from "../judge";
import { type Account, permits } from "./account";
import { exists, type Machine, which } from "./machine";
import { runProgram } from "./run";
import { probeSharing } from "./sharing";

export async function probeFolder(
    machine: Machine,
    folder: string,
    user: Account,
): Promise<Omit<FolderFacts, "volumes">> {
    const there = await deepest(folder);
    const acl = (await which(machine, "setfacl")) !== undefined;
    const steps: Step[] = [];
    for (const path of ancestors(there)) steps.push({ path, searchable: await searchable(machine, path, user) });
    const space = await statfs(there);
    return {
        folder,
        user,
        steps,
        acl,
        writable: await exists(there, constants.W_OK | constants.X_OK),
        root: machine.user.uid === 0,
        free: space.bavail * space.bsize,
        sharing: there === folder ? await probeSharing(folder) : undefined,
    };
}

/** Return the folder, or its nearest parent that exists: this package creates folders below it with the right mode. */
async function deepest(folder: string): Promise<string> {
    for (let path = folder; ; path = dirname(path)) if (path === dirname(path) || (await exists(path))) return path;
}

/** Return all folders from / to the path. */
export function ancestors(path: string): string[] {
    const parent = dirname(path);
    return parent === path ? [path] : [...ancestors(parent), path];
}

/** Check the mode, then the ACL entries if there are any. */
async function searchable(machine: Machine, path: string, user: Account): Promise<boolean> {
    if (permits(await stat(path), user, 1)) return true;
    if (!(await which(machine, "getfacl"))) return false;
    return aclAllows((await runProgram("getfacl", ["-cnpE", path])) ?? "", user.uid);
}

/**
 * Return whether the output of `getfacl -cnp` has an entry that lets the user search the folder, with the mask applied.
 */
export function aclAllows(text: string, uid: number): boolean {
    const permissions = (entry: string) =>
        text
            .split("\n")
            .find((line) => line.startsWith(`${entry}:`))
            ?.split(":")[2] ?? "";
    return permissions(`user:${uid}`).includes("x") && permissions("mask:").includes("x");
}
