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
import { importedMark, isAsImported, urnsOf } from "../ownership/imported";
import { assertOurs } from "../ownership/ownership";
import { hasHalted, type ReadConsole } from "../power/halted";
import { lacksRuntimeConfig } from "../power/runtimeConfig";
import { keptConsole } from "../readiness/console";
import { leasesFor } from "./observation";

/**
 * Return the state of the guest on the host; undefined when libvirt says that there is no domain of this uuid.
 * @param creator who asks; left out: an import, which takes a guest from whoever has it
 * @param readConsole what its ABI reads in a console; left out: a guest that has ended by itself is running while its host runs it
 */
export async function observe(
    host: Host,
    platform: LibvirtPlatform,
    ref: GuestRef,
    applied: Applied,
    creator?: Creator,
    readConsole?: ReadConsole,
): Promise<Observation | undefined> {
    const info = await host.info();
    assertSameHost(info, applied);
    const console = keptConsole(host, platform, { ...applied, ...ref });
    const [record, consoleLog] = await Promise.all([waitUntilStable(host, ref.uuid), console.path()]);
    if (!record) return undefined;
    const existing = existingOf(record, [], importedMark(applied));
    const { mark, liveMark, facts } = existing;
    assertOurs({ uuid: record.uuid, name: record.name, mark: mark ?? liveMark }, ref.uuid, {
        urns: urnsOf(ref, applied),
        creator,
        adopt: applied.adopt,
        inState: true,
        imported: applied.imported !== undefined,
    });
    const [kernel, leases, untold, halted] = await Promise.all([
        kernelDrift(host, ref.uuid, existing),
        record.active ? leasesFor(host, applied) : [],
        lacksRuntimeConfig(host, platform, applied, existing),
        readConsole ? hasHalted({ host, uuid: ref.uuid, record, console, readConsole }) : false,
    ]);
    const edited = !mark || !facts || mark.definition !== definitionDigest(facts);
    const state = halted ? "stopped" : seenState(record);
    return {
        host: hostIdOf(info),
        state,
        // What runs is what counts; without a definition of ours for the next boot, nothing is known.
        bootDigest: edited
            ? undefined
            : state === "stopped"
              ? mark.bootDigest
              : (liveMark ?? existing.savedMark ?? mark).bootDigest,
        drift: {
            ...drift(existing, state, applied, isAsImported(facts, applied)),
            ...(kernel === undefined ? {} : { "digests.kernel": kernel }),
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

/** Data that are elsewhere than the record says: an update refuses to go on, and names both. */
function elsewhere(existing: Existing, folder: string): Observation["drift"] {
    const other = overlaid(existing);
    const recorded = (existing.mark ?? existing.liveMark)?.folder;
    return {
        ...(other ? { blocks: other.path } : {}),
        ...(recorded === undefined || recorded === folder ? {} : { folder: recorded }),
    };
}

/** Until we have written its definition, the console is where somebody else's says. */
function consoleLogOf({ facts }: Existing, { imported }: Applied): string | undefined {
    return imported ? (facts?.consoleLog ?? "") : undefined;
}

/**
 * Values that differ from what was applied. What runs now comes before what would run next.
 * @param known the definition is one that was imported, whole: it may say in other words what was read from it
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
    // Saved memory is kept for a start that is not declared: no reason to change anything.
    if (record && !(applied.state === "stopped" && record.saved)) compare("state", applied.state, state);
    if (record) compare("autostart", applied.autostart, record.autostart);
    if (applied.description !== undefined)
        compare("description", applied.description, ...descriptionsIn(record?.liveXml, record?.inactiveXml));
    return known ? found : { ...found, ...driftOf(applied, [liveFacts, facts]) };
}

/** The digest of the kernel on the host where it is not the one that its name promises; "" when it is gone. */
async function kernelDrift(host: Host, uuid: string, { facts }: Existing): Promise<string | undefined> {
    const name = facts?.kernel?.split("/").pop();
    const promised = /^kernel-([0-9a-f]{16})$/.exec(name ?? "")?.[1];
    // Another kernel in the definition is an edit, which the boot digest tells.
    if (!name || !promised) return undefined;
    const digest = (await host.files.digest(uuid, name)) ?? "";
    return digest.startsWith(promised) && digest !== "" ? undefined : digest;
}
