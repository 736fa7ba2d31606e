import type { SeenState, UnikernelSpec } from "../../../../model";
import type { Applied, Creator, GuestRef, Observation } from "../../../backend";
import { definitionDigest, driftOf } from "../../devices";
import type { Host } from "../../host";
import type { LibvirtPlatform } from "../../platform";
import { descriptionsIn } from "../../xml";
import { overlaid } from "../apply/reconcile";
import { type Existing, existingOf, seenState, waitUntilStable } from "../existing";
import { baseOf, folderOf } from "../files/records";
import { assertSameHost, hostIdOf } from "../hostIdentity";
import { leasesFor } from "../network/leases";
import { removedEntries } from "../network/removedEntries";
import { importedMark, isAsImported, urnsOf } from "../ownership/imported";
import { assertOurs } from "../ownership/ownership";
import { hasHalted, type ReadConsole, recallConsole } from "../power/halted";
import { lacksRuntimeConfig } from "../power/runtimeConfig";
import { questionsOf } from "./questions";

/**
 * Return the state of the guest on the host; undefined when libvirt says that there is no domain of this uuid.
 * @param creator the present user; left out: an import, which accepts a guest of any creator
 * @param readConsole the console parser of its ABI; left out: a guest that ended by itself counts as running while its
 * domain runs
 * @param told key of xenstore where the guest reads its configuration; undefined where it does not read it there
 */
export async function observe(
    host: Host,
    platform: LibvirtPlatform,
    ref: GuestRef,
    applied: Applied,
    creator?: Creator,
    readConsole?: ReadConsole,
    told?: string,
): Promise<Observation | undefined> {
    const info = await host.info();
    assertSameHost(info, applied);
    const recalled = recallConsole(ref.uuid);
    const asks = questionsOf(host, platform, ref, applied);
    const { console } = asks;
    const { getTogether } = host.domains;
    const record = await waitUntilStable(
        host,
        ref.uuid,
        getTogether &&
            ((uuid) =>
                getTogether(uuid, (number) => {
                    if (number !== null) asks.begin(number, { told, recalled: readConsole && recalled });
                })),
    );
    if (!record) return undefined;
    const existing = existingOf(record, [], importedMark(applied));
    const { mark, liveMark, facts } = existing;
    assertOurs(
        { uuid: record.uuid, name: record.name, mark: mark ?? liveMark },
        {
            urns: urnsOf(ref, applied),
            creator,
            adopt: applied.adopt,
            inState: true,
            imported: applied.imported !== undefined,
        },
    );
    // Asked at once, so that one script answers the questions about all guests of a refresh.
    const [kernel, leases, removed, untold, halted, consoleLog] = await Promise.all([
        kernelDrift(asks.digest, existing),
        record.active ? leasesFor(host, applied) : [],
        removedEntries(host, applied),
        lacksRuntimeConfig(host, asks, applied, existing),
        readConsole ? hasHalted({ host, uuid: ref.uuid, record, console, readConsole, recalled }) : false,
        console.path(),
    ]);
    const edited = !mark || !facts || mark.definition !== definitionDigest(facts);
    const state = halted ? "stopped" : seenState(record);
    return {
        host: hostIdOf(info),
        state,
        // The running guest counts. Where another program edited the definition, the digest is unknown.
        bootDigest: edited
            ? undefined
            : state === "stopped"
              ? mark.bootDigest
              : (liveMark ?? existing.savedMark ?? mark).bootDigest,
        drift: {
            ...drift(existing, state, applied, isAsImported(facts, applied)),
            ...(kernel === undefined ? {} : { "digests.kernel": kernel }),
            ...removed,
            ...(untold ? { configuration: "none" } : {}),
            ...elsewhere(existing, await folderOf(host, ref.uuid)),
        },
        ipAddresses: platform.ipAddresses(applied, leases),
        consoleLog: consoleLogOf(existing, applied) ?? consoleLog,
        consoleCommand: platform.consoleCommand(applied),
        unfinished: mark?.phase !== "ready",
        incarnation: (mark ?? liveMark)?.incarnation,
        folder: baseOf(mark ?? liveMark),
    };
}

/** Return data that are in another place than the record says: an update refuses to continue, and names both places. */
function elsewhere(existing: Existing, folder: string): Observation["drift"] {
    const other = overlaid(existing);
    const recorded = (existing.mark ?? existing.liveMark)?.folder;
    return {
        ...(other ? { blocks: other.path } : {}),
        ...(recorded === undefined || recorded === folder ? {} : { folder: recorded }),
    };
}

/** Return the console log of an imported guest: until the first update its own definition names it. */
function consoleLogOf({ facts }: Existing, { imported }: Applied): string | undefined {
    return imported ? (facts?.consoleLog ?? "") : undefined;
}

/**
 * Return the values that differ from the applied ones: first those of the running guest, then those of the next boot.
 * @param known the definition is the imported one, unchanged: it may differ in form from what was read of it
 */
function drift(
    { record, facts, liveFacts }: Existing,
    state: SeenState,
    applied: UnikernelSpec,
    known: boolean,
): Observation["drift"] {
    const found: Observation["drift"] = {};
    const compare = (property: string, wanted: unknown, ...values: unknown[]): void => {
        const other = values.find((value) => value !== undefined && JSON.stringify(value) !== JSON.stringify(wanted));
        if (other !== undefined) found[property] = other;
    };
    // A stopped guest with saved memory is off, as declared.
    if (record && !(applied.state === "stopped" && record.saved)) compare("state", applied.state, state);
    if (record) compare("autostart", applied.autostart, record.autostart);
    if (applied.description !== undefined)
        compare("description", applied.description, ...descriptionsIn(record?.liveXml, record?.inactiveXml));
    return known ? found : { ...found, ...driftOf(applied, [liveFacts, facts]) };
}

/**
 * Return the digest of the kernel on the host where it differs from the one in its name; "" when the file is missing.
 */
async function kernelDrift(
    digestOf: (name: string) => Promise<string | undefined>,
    { facts }: Existing,
): Promise<string | undefined> {
    const name = facts?.kernel?.split("/").pop();
    const promised = /^kernel-([0-9a-f]{16})$/.exec(name ?? "")?.[1];
    // Another kernel in the definition is an edit, which shows in the boot digest.
    if (!name || !promised) return undefined;
    const digest = (await digestOf(name)) ?? "";
    return digest.startsWith(promised) && digest !== "" ? undefined : digest;
}
