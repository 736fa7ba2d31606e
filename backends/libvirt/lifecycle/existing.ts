import { setTimeout as sleep } from "node:timers/promises";

import type { GuestState, SeenState } from "../../../model";
import type { Applied, GuestRef } from "../../backend";
import { hypervisorOf, readFacts } from "../devices";
import type { DomainRecord, Host, HostFile } from "../host";
import type { DomainFacts, Mark } from "../model";
import { readMark } from "../xml";
import { importedMark } from "./ownership/imported";
import { assertOurs, type Claim } from "./ownership/ownership";

/** The domain and files on the host with a guest's uuid. */
export interface Existing {
    record?: DomainRecord;
    /** From the definition for the next boot. */
    mark?: Mark;
    facts?: DomainFacts;
    /** From the running domain. */
    liveMark?: Mark;
    liveFacts?: DomainFacts;
    /**
     * From the saved memory image that a plain start would resume; undefined without an image, or where the driver does
     * not show it.
     */
    savedMark?: Mark;
    savedFacts?: DomainFacts;
    files: HostFile[];
}

/**
 * Read the guest from the host. Throws `not-ours` when another owner's domain has its uuid. Changes nothing. That
 * another domain has its name is found when it is defined: libvirt refuses that.
 * @param applied the guest in state
 * @param files those in its folder, where they are being read already
 */
export async function readExisting(
    host: Host,
    { uuid }: Pick<GuestRef, "uuid">,
    claim: Claim,
    applied?: Applied,
    files: Promise<HostFile[]> = host.files.list(uuid),
): Promise<Existing> {
    const [record, found] = await Promise.all([waitUntilStable(host, uuid), files]);
    if (!record) return { files: found };
    const existing = existingOf(record, found, importedMark(applied));
    assertOurs({ uuid: record.uuid, name: record.name, mark: existing.mark ?? existing.liveMark }, claim);
    return existing;
}

/** virDomainPausedReason: the domain is being started (libvirt-domain.h). */
const STARTING_UP = 11;
const STABLE_MS = 30_000;
/** virDomainShutoffReason (libvirt-domain.h). */
export const CRASHED = 3;
/** SHUTDOWN and CRASHED: it ended by itself. */
export const BY_ITSELF = [1, CRASHED];
/**
 * Time for libxl to restart a guest, about one second on an idle host. Each look at a guest that stays off takes this
 * long.
 */
export const RESTART_MS = 3000;

/**
 * Return a domain's record when it is stable: after a kill or a guest's own end the daemon may be in the middle of a
 * start.
 * @param get reads it
 */
export async function waitUntilStable(
    host: Host,
    uuid: string,
    get: (uuid: string) => Promise<DomainRecord | undefined> = (one) => host.domains.get(one),
): Promise<DomainRecord | undefined> {
    const begin = Date.now();
    for (;;) {
        const record = await get(uuid);
        if (!record || Date.now() > begin + patience(record)) return record;
        await sleep(50);
    }
}

/** Return how many milliseconds a possibly transient state must last before it counts. */
function patience(record: DomainRecord): number {
    if (record.state === "paused" && record.reason === STARTING_UP) return STABLE_MS;
    const ended = !record.active && record.persistent && BY_ITSELF.includes(record.reason);
    return ended && restarts(readFacts(record.inactiveXml)) ? RESTART_MS : -1;
}

/**
 * Return whether the host restarts the guest as a new domain, as libvirt's libxl driver does after a crash or reboot.
 * In between, the domain looks off. A QEMU process simply continues.
 */
export function restarts(facts: DomainFacts | undefined): boolean {
    if (!facts || !hypervisorOf(facts).rebuildsToRestart) return false;
    return facts.onCrash === "restart" || facts.onReboot === "restart";
}

/** @param unmarked stands for the mark of a domain that has none */
export function existingOf(record: DomainRecord, files: HostFile[], unmarked?: Mark): Existing {
    // A running guest that was undefined has no next boot: libvirt shows its live definition as the inactive one.
    const inactive = record.persistent ? record.inactiveXml : undefined;
    const [mark, liveMark] = [inactive, record.liveXml].map((xml) => (xml ? readMark(xml) : undefined));
    const instead = mark || liveMark ? undefined : unmarked;
    const saved = record.saved ? record.savedXml : undefined;
    return {
        record,
        files,
        mark: mark ?? (inactive ? instead : undefined),
        facts: inactive ? readFacts(inactive) : undefined,
        liveMark: liveMark ?? (record.liveXml ? instead : undefined),
        liveFacts: record.liveXml ? readFacts(record.liveXml) : undefined,
        ...(saved === undefined ? {} : { savedMark: readMark(saved) ?? instead, savedFacts: readFacts(saved) }),
    };
}

/** Return a domain's state as ours, with "saved" for a guest that is off and has a saved memory image. */
export function seenState(record: DomainRecord): SeenState {
    const state = stateOf(record);
    return state === "stopped" && record.saved ? "saved" : state;
}

/** Return a domain's state as ours. A crashed domain, or one that is shutting off, counts as stopped. */
export function stateOf({ state, active }: Pick<DomainRecord, "state" | "active">): GuestState {
    if (!active || state === "crashed" || state === "shutdown" || state === "shutoff") return "stopped";
    return state === "paused" || state === "suspended" ? "paused" : "running";
}
