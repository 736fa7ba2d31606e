import { everyFewSeconds } from "../../../images";
import type { Host } from "../host";
import { copiesOf, isConsole, isPersist, type Layout } from "./layout";
import type { Run } from "./run";
import type { Undo } from "./undo";

export interface PutOptions {
    /** Whole files that are there. */
    present: Set<string>;
    /** Files whose content is not what their name says. */
    broken: string[];
    /** Files of the definition that there was before: putting one of them is a repair, which stays whatever happens. */
    former: string[];
}

/** Puts what is missing into the guest's folder; what is there already stays as it is. */
export async function putFiles({ host, plan, context }: Run, { puts }: Layout, { present, broken, former }: PutOptions, undo: Undo): Promise<void> {
    const { uuid, name } = plan.spec;
    await removeAll(host, uuid, broken);
    const results = await Promise.allSettled(puts.filter((put) => !present.has(put.name)).map(async (put) => {
        if (!former.includes(put.name)) undo.add(() => host.files.remove(uuid, put.name));
        const onProgress = everyFewSeconds((bytes: number) => context.log(`${name}: copied ${Math.round(bytes / 2 ** 20)} MiB of ${put.name}`));
        await host.files.put(uuid, put.name, put.parts, { mode: put.mode, onProgress });
    }));
    // Only when all have ended: a file that is still being written cannot be taken back.
    const failed = results.find((result) => result.status === "rejected");
    if (failed) throw failed.reason;
}

/** Makes the private copies anew that a definition boots from. */
export async function refreshCopies(host: Host, uuid: string, files: string[]): Promise<void> {
    await Promise.all(copiesOf(files).map(({ from, to }) => host.files.copy(uuid, from, to, { mode: 0o600 })));
}

/** In one call, and in none where there is nothing to remove. */
async function removeAll(host: Host, uuid: string, names: string[]): Promise<void> {
    if (names.length > 0) await host.files.remove(uuid, ...names);
}

/** Removes what no definition needs. What the guest wrote to its persist disks stays, and so does its console. */
export async function removeUnneeded(host: Host, uuid: string, present: Iterable<string>, needed: string[]): Promise<void> {
    const kept = new Set(needed);
    const unneeded = [...present].filter((name) => !kept.has(name) && !isPersist(name) && !isConsole(name));
    await removeAll(host, uuid, unneeded);
}

/** Removes the guest's folder and all in it but what is kept. */
export async function removeFiles(host: Host, uuid: string, keep: (name: string) => boolean): Promise<string[]> {
    const names = (await host.files.list(uuid)).map(({ name }) => name);
    await removeAll(host, uuid, names.filter((name) => !keep(name)));
    await host.files.removeFolder(uuid);
    return names.filter(keep);
}
