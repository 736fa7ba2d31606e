import { allEnded, type UnikernelSpec } from "../../../../model";
import type { Applied, Context, GuestRef } from "../../../backend";
import type { Host } from "../../host";
import type { KeptConsole, LibvirtPlatform } from "../../platform";
import { readExisting, restarts } from "../existing";
import { assertVisible } from "../files/assertVisible";
import { findForeignData, refuseForeignData } from "../files/foreignData";
import { knownTo, removeFiles } from "../files/guestFiles";
import { folderOf, isData, withFilesOf } from "../files/records";
import { assertSameHost } from "../hostIdentity";
import type { RecordedEntry } from "../network/entries";
import { beginOperation, endOperation } from "../network/inProgress";
import { ownEntries, release } from "../network/reservations";
import { assertUnclaimed } from "../ownership/claim";
import { urnsOf } from "../ownership/imported";
import { forgetDeletion, noteDeletion } from "../ownership/interruptedDeletions";
import { isSameGeneration } from "../ownership/ownership";
import { forgetConsole } from "../power/halted";
import { stop } from "../power/stop";
import { keptConsole } from "../readiness/console";
import { beforeStop } from "./beforeStop";
import { assertFolder } from "./reconcile";

/** Remove the guest and everything that this package made for it. Succeeds when it is gone already. */
export async function remove(
    configured: Host,
    platform: LibvirtPlatform,
    ref: GuestRef,
    applied: Applied,
    context: Context,
): Promise<void> {
    const claim = {
        urns: urnsOf(ref, applied),
        creator: context.creator,
        adopt: applied.adopt,
        inState: true,
        imported: applied.imported !== undefined,
    };
    assertSameHost(await configured.info(), applied);
    const { record, mark, liveMark, facts, liveFacts, files } = await readExisting(configured, ref, claim, applied);
    await assertUnclaimed(configured, ref, files);
    const host = context.replacing
        ? withFilesOf(configured, (mark ?? liveMark)?.folder, await folderOf(configured, ref.uuid))
        : configured;
    assertFolder(mark ?? liveMark, await folderOf(host, ref.uuid), ref.name);
    if (!isSameGeneration(mark ?? liveMark, applied)) {
        context.log(
            `warning: ${ref.name}: kept: a create has taken this guest over since; what was to be deleted is what it was before`,
        );
        return;
    }
    await assertVisible(
        host,
        ref,
        mark ?? liveMark,
        host === configured ? files : await host.files.list(ref.uuid),
        context,
    );
    // The host may be restarting a guest that looks off: stop that one too.
    const { shutdown: asks = false, gdb } = liveMark ?? mark ?? {};
    const restarting = restarts(facts) ? record?.inactiveXml : undefined;
    const data = await findForeignData(host, ref, { record, mark, liveMark, facts, liveFacts });
    if (!applied.deleteData) refuseForeignData(ref.name, data);
    await beforeStop(configured, { record, liveMark }, context);
    beginOperation(ref.uuid);
    const { kept, foreign } = await noteFailure(ref.uuid, async () => {
        if (record?.active || restarting || gdb !== undefined) {
            await stop(
                host,
                platform,
                { ...applied, ...ref },
                { asks, timeout: applied.shutdownTimeout, debugged: gdb !== undefined, restarting },
            );
        }
        return erase(host, {
            spec: applied,
            entries: ownEntries({ mark: mark ?? liveMark, specs: [applied] }),
            keep: applied.deleteData ? undefined : "persist",
            known: new Set([...knownTo({ mark, liveMark }), ...data.files]),
            console: keptConsole(host, platform, { ...applied, ...ref }),
            listed: host === configured ? files.map(({ name }) => name) : undefined,
        });
    }).finally(() => {
        endOperation(ref.uuid);
    });
    for (const path of kept)
        context.log(`${ref.name}: kept ${path}; set deleteData: true to remove such data with the guest`);
    if (foreign.length > 0)
        context.log(
            `${ref.name}: left ${foreign.join(", ")} in ${await folderOf(host, ref.uuid)}: this package did not make ${foreign.length > 1 ? "these files" : "this file"}`,
        );
}

/**
 * Leave a note when a deletion fails halfway, so that the next diff notices it: state still has the guest unchanged.
 */
async function noteFailure<T>(uuid: string, work: () => Promise<T>): Promise<T> {
    try {
        const result = await work();
        await Promise.all([forgetDeletion(uuid), forgetConsole(uuid)]);
        return result;
    } catch (error) {
        await noteDeletion(uuid).catch(() => undefined);
        throw error;
    }
}

interface Erase {
    spec: UnikernelSpec;
    /** Entries of networks that were made for it. */
    entries: RecordedEntry[];
    /** Persist disks to keep: all of them, or those in the set. */
    keep?: "persist" | Set<string>;
    /** File names in the guest's records. */
    known: Set<string>;
    /** Left out: it is not this guest's. */
    console?: KeptConsole;
    /** Names of the files in its folder, as they were listed before. */
    listed?: string[];
}

/**
 * Remove a guest that is off, except what `keep` names.
 * @returns paths that were kept, and names of files that other programs put into its folder
 */
export async function erase(
    host: Host,
    { spec, entries, keep, known, console, listed }: Erase,
): Promise<{ kept: string[]; foreign: string[] }> {
    // Before the domain goes, because its mark records which entries are its own.
    await release(host, entries);
    // Over a network, both are one wait.
    const together = host.files.batch !== undefined && listed !== undefined;
    const undefining = together ? host.domains.undefine(spec.uuid) : undefined;
    const removing = Promise.all([
        removeFiles(host, spec.uuid, {
            known,
            keep: (name) => isData(name) && (keep === "persist" || (keep?.has(name) ?? false)),
            listed,
        }),
        console?.remove(),
    ]);
    if (!together) await removing;
    // The domain goes last: a refresh after a kill finds it, so that state keeps the guest until all of it is gone.
    // The caller may act on the guest again.
    const [, [{ kept, foreign }]] = await allEnded([undefining ?? host.domains.undefine(spec.uuid), removing]);
    return { kept: await Promise.all(kept.map((name) => host.files.path(spec.uuid, name))), foreign };
}
