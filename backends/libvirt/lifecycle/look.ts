import { setTimeout as sleep } from "node:timers/promises";

import type { GuestState, SeenState } from "../../../spec";
import type { Applied, GuestRef } from "../../backend";
import { hypervisorOf, readFacts } from "../devices";
import type { DomainRecord, Host, HostFile } from "../host";
import type { DomainFacts, Mark } from "../model";
import { readMark } from "../xml";
import { standIn } from "./imported";
import { assertOurs, type Claim } from "./ownership";

/** What is on the host under a guest's uuid. */
export interface Existing {
    record?: DomainRecord;
    /** Of the definition for the next boot. */
    mark?: Mark;
    facts?: DomainFacts;
    /** Of what runs. */
    liveMark?: Mark;
    liveFacts?: DomainFacts;
    /** Of the saved memory image from which a plain start would go on; undefined when there is none, or its driver does not show it. */
    savedMark?: Mark;
    savedFacts?: DomainFacts;
    files: HostFile[];
}

/**
 * Finds the guest, and refuses with `not-ours` when something else holds its uuid or its name. Changes nothing.
 * @param applied what state says of it
 */
export async function look(
    host: Host,
    ref: Pick<GuestRef, "uuid" | "name">,
    claim: Claim,
    applied?: Applied,
): Promise<Existing> {
    const [record, namesake, files] = await Promise.all([
        settled(host, ref.uuid),
        // State that names the guest means that it has its name already.
        claim.inState ? undefined : host.domains.byName(ref.name),
        host.files.list(ref.uuid),
    ]);
    if (namesake && namesake.uuid !== ref.uuid) assertOurs({ ...namesake, mark: undefined }, ref.uuid, claim);
    if (!record) return { files };
    const existing = readExisting(record, files, standIn(applied));
    assertOurs({ uuid: record.uuid, name: record.name, mark: existing.mark ?? existing.liveMark }, ref.uuid, claim);
    return existing;
}

/** virDomainPausedReason: it is only just being started (libvirt-domain.h). */
const STARTING_UP = 11;
const SETTLE_MS = 30_000;
/** virDomainShutoffReason (libvirt-domain.h). */
export const CRASHED = 3;
/** SHUTDOWN and CRASHED: it ended by itself. */
export const BY_ITSELF = [1, CRASHED];
/** libxl takes about one on an idle host. A guest that ended for good costs this much at each look, until it is started. */
export const RESTART_MS = 3000;

/** A run that was killed, or a guest's own end, may have left the daemon in the middle of a start: what comes of it is worth the wait. */
export async function settled(host: Host, uuid: string): Promise<DomainRecord | undefined> {
    const begin = Date.now();
    for (;;) {
        const record = await host.domains.get(uuid);
        if (!record || Date.now() > begin + patience(record)) return record;
        await sleep(50);
    }
}

/** Milliseconds that a domain may stay as it is before that is taken for its state. */
function patience(record: DomainRecord): number {
    if (record.state === "paused" && record.reason === STARTING_UP) return SETTLE_MS;
    const ended = !record.active && record.persistent && BY_ITSELF.includes(record.reason);
    return ended && restarts(readFacts(record.inactiveXml)) ? RESTART_MS : -1;
}

/** Xen's libvirt builds a new domain when this one crashes or reboots; in between it looks like one that is off. A QEMU just goes on. */
export function restarts(facts: DomainFacts | undefined): boolean {
    if (!facts || !hypervisorOf(facts).rebuildsToRestart) return false;
    return facts.onCrash === "restart" || facts.onReboot === "restart";
}

/** @param unmarked stands for the mark of a domain that has none */
export function readExisting(record: DomainRecord, files: HostFile[], unmarked?: Mark): Existing {
    // Somebody undefined a running guest: there is no next boot, and what libvirt shows as such is what runs.
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

/** The same, and of a guest that is off whether its memory is kept. */
export function seenState(record: DomainRecord): SeenState {
    const state = stateOf(record);
    return state === "stopped" && record.saved ? "saved" : state;
}

/** libvirt's states as ours: one that crashed or is about to be off counts as stopped. */
export function stateOf({ state, active }: Pick<DomainRecord, "state" | "active">): GuestState {
    if (!active || state === "crashed" || state === "shutdown" || state === "shutoff") return "stopped";
    return state === "paused" || state === "suspended" ? "paused" : "running";
}
