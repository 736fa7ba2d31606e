import { everyFewSeconds } from "../../../../localFiles";
import { allEnded, hasCode, UnikernelError } from "../../../../model";
import { roleOf } from "../../fileNames";
import { shareableSource } from "../../files";
import type { Host, HostFile } from "../../host";
import type { Undo } from "../apply/undo";
import type { Definition } from "../apply/wanted";
import type { Existing } from "../existing";
import { type GuestClaim, isClaimedByOther } from "../ownership/claim";
import { CLAIM } from "../ownership/claimFile";
import type { Run } from "../run";
import { copiesOf, isConsole, type Layout, type Put } from "./layout";
import { isData, lastGoodOf, namesOf } from "./records";

export interface PutOptions {
    /** Names of the complete files that exist. */
    present: Set<string>;
    /** Files whose content does not match the digest in their name. */
    broken: string[];
    /** Files of the former definition. Writing one of them is a repair, which is not undone after a failure. */
    former: string[];
}

/**
 * Write the missing files into the guest's folder. Existing files stay as they are.
 * @param held a create's claim, which is compared before the first change and after the last
 */
export async function putFiles(
    { host, plan, context }: Run,
    { puts }: Layout,
    { present, broken, former }: PutOptions,
    undo: Undo,
    held?: GuestClaim,
): Promise<void> {
    const { uuid, name } = plan.spec;
    const takeBack = (put: Put): void => {
        if (!former.includes(put.name)) undo.add(() => host.files.remove(uuid, put.name));
    };
    const missing = puts.filter((put) => !present.has(put.name));
    const plain = missing.filter(({ seed }) => !seed);
    for (const put of plain) takeBack(put);
    const batch = held && broken.length === 0 ? host.files.batch : undefined;
    const written = batch
        ? await batch.putGuarded(
              uuid,
              plain.map(({ mode, digest, ...put }) => ({ ...put, options: { mode, digest } })),
              held!.guard,
          )
        : [];
    // Says who has it.
    if (!batch || written === "lost") await held?.assertHeld();
    await removeAll(host, uuid, broken);
    const left = missing.filter((put) => !written.includes(put.name));
    // A file that is still being written cannot be removed.
    await allEnded(
        left.map(async (put) => {
            const onProgress = everyFewSeconds((bytes: number) =>
                context.log(`${name}: copied ${Math.round(bytes / 2 ** 20)} MiB of ${put.name}`),
            );
            const options = { mode: put.mode, digest: put.digest, onProgress };
            if (!put.seed) {
                await host.files.put(uuid, put.name, put.parts, options);
            } else if (await host.files.putNew(uuid, put.name, put.parts, options)) {
                takeBack(put);
            } else {
                throw new UnikernelError(
                    "in-use",
                    `${await host.files.path(uuid, put.name)} was created by another run while this one was about to create it`,
                    { hint: "run pulumi up again when the other run has ended: the disk keeps its data" },
                );
            }
        }),
    );
    if (!batch || written === "lost" || left.length > 0) await held?.assertHeld();
}

/**
 * Renew the private copies that a definition boots from. Each start renews them, but for a start by libvirt after the
 * host's own: that one may follow a power cut.
 */
export async function refreshCopies(
    host: Host,
    uuid: string,
    files: string[],
    { autostart }: { autostart: boolean },
): Promise<void> {
    const options = { mode: 0o600, transient: !autostart };
    await Promise.all(copiesOf(files).map(({ from, to }) => host.files.copy(uuid, from, to, options)));
}

/** Return the names of the files that a guest of this layout shares with other guests of the same content. */
export function sharedFiles({ puts }: Layout): string[] {
    return puts
        .filter(({ name, mode, parts }) => shareableSource(name, mode, parts) !== undefined)
        .map(({ name }) => name);
}

/**
 * Let a guest that is off share its content with other guests, which an older release did not do. A failure costs disk
 * space, so the guest starts all the same.
 */
export async function shareFiles(host: Host, uuid: string, names: string[]): Promise<void> {
    if (names.length === 0) return;
    await host.files.share?.(uuid, names).catch((error: unknown) => {
        if (hasCode(error, "unreachable")) throw error;
    });
}

/** Remove files with one call, or with none if there are no names. */
async function removeAll(host: Host, uuid: string, names: string[]): Promise<void> {
    if (names.length > 0) await host.files.remove(uuid, ...names);
}

/**
 * Return the names of all files in a guest's records: those of its definition, of the last good one, and of the desired
 * one.
 */
export function knownTo(
    { mark, liveMark }: Pick<Existing, "mark" | "liveMark">,
    desired?: Pick<Definition, "layout">,
): Set<string> {
    return new Set([...[mark, liveMark, lastGoodOf(mark)].flatMap(namesOf), ...(desired?.layout.files ?? [])]);
}

/** Return whether we made the file: a record names it, or its name has a form that only the layout uses. */
function isOurs(name: string, known: Set<string>): boolean {
    return known.has(name) || name === CLAIM || isConsole(name) || roleOf(name) !== undefined;
}

/** Return the files in a guest's folder that other programs put there. */
export function foreignIn(present: Iterable<string>, known: Set<string>): string[] {
    return [...present].filter((name) => !isOurs(name, known));
}

/**
 * Remove our files that no definition needs. Keep persist disks, the console, a create's claim and other programs'
 * files.
 */
export async function removeUnneeded(
    host: Host,
    uuid: string,
    present: Iterable<string>,
    known: Set<string>,
    needed: string[],
): Promise<void> {
    const kept = new Set(needed);
    const unneeded = [...present].filter(
        (name) => isOurs(name, known) && !kept.has(name) && !isData(name) && !isConsole(name) && name !== CLAIM,
    );
    await removeAll(host, uuid, unneeded);
}

export interface Removal {
    /** File names in the guest's records. */
    known: Set<string>;
    /** Return whether a file of data stays. */
    keep(name: string): boolean;
    /** Names in the folder, as they were listed before: removed without another list where one script can. */
    listed?: string[];
}

/**
 * Remove our files from the guest's folder, and the folder if it is then empty. Do nothing where another run is
 * creating the guest again: all files belong to that run.
 */
export async function removeFiles(
    host: Host,
    uuid: string,
    { known, keep, listed }: Removal,
): Promise<{ kept: string[]; foreign: string[] }> {
    const { batch } = host.files;
    const removed = listed?.filter((name) => isOurs(name, known) && !keep(name)) ?? [];
    const before = removed.length > 0 ? await batch?.removeAllUnless(uuid, CLAIM, removed) : undefined;
    const whole = before?.files.every(({ name }) => removed.includes(name) || keep(name) || !isOurs(name, known));
    if (before && whole) return leftOf(before, { known, keep });
    const all = await batch?.listAll(uuid);
    const names = (all?.files ?? (await host.files.list(uuid))).map(({ name }) => name);
    if (await isClaimedByOther(host, uuid, names)) return { kept: [], foreign: [] };
    const strange = all?.strange ?? (await host.files.strange(uuid));
    const ours = names.filter((name) => isOurs(name, known) && !keep(name));
    if (batch) await batch.removeAll(uuid, ours);
    else {
        await removeAll(host, uuid, ours);
        await host.files.removeFolder(uuid);
    }
    return leftOf({ files: names.map((name) => ({ name })), strange }, { known, keep });
}

/** Return what stays of the files in a folder. */
function leftOf(
    { files, strange }: { files: Pick<HostFile, "name">[]; strange: string[] },
    { known, keep }: Removal,
): { kept: string[]; foreign: string[] } {
    const names = files.map(({ name }) => name);
    return {
        kept: names.filter(keep),
        foreign: [...foreignIn(names, known).filter((name) => !keep(name)), ...strange],
    };
}
