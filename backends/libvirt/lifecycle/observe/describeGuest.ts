import type { GuestDescription, GuestName } from "../../../backend";
import { declarable } from "../../devices";
import type { DomainRecord, Host } from "../../host";
import type { LibvirtPlatform } from "../../platform";
import { existingOf, seenState, waitUntilStable } from "../existing";
import { leasesFor } from "../network/leases";
import { ConsoleReader, keptConsole } from "../readiness/console";

/** Return a description of one guest, whichever program made it; undefined when libvirt has none. Changes nothing. */
export async function describeGuest(
    host: Host,
    platform: LibvirtPlatform,
    target: GuestName,
): Promise<GuestDescription | undefined> {
    const record = await findRecord(host, target);
    if (!record) return undefined;
    const { mark, liveMark, facts, liveFacts } = existingOf(record, []);
    const shape = liveFacts ?? facts;
    const { uuid, name } = record;
    const guest = { uuid, name, connection: host.uri, interfaces: shape ? declarable(shape) : [] };
    const leases = record.active ? await leasesFor(host, guest) : [];
    return {
        uuid,
        name,
        state: seenState(record),
        memory: Math.round(shape?.currentMemoryMib ?? 0),
        vcpus: shape?.vcpus ?? 0,
        interfaces: shape?.interfaces ?? [],
        ipAddresses: platform.ipAddresses(guest, leases),
        consoleLog: platform.console ? await keptConsole(host, platform, guest).path() : (shape?.consoleLog ?? ""),
        consoleCommand: platform.consoleCommand(guest),
        urn: (mark ?? liveMark)?.urn,
    };
}

/** Return the end of a guest's output since its last start; "" when there is none or no program stores it. */
export async function consoleTail(
    host: Host,
    platform: LibvirtPlatform,
    target: GuestName,
): Promise<string | undefined> {
    const record = await findRecord(host, target);
    return record && new ConsoleReader(host, record.uuid, keptConsole(host, platform, record)).read();
}

async function findRecord(host: Host, target: GuestName): Promise<DomainRecord | undefined> {
    const uuid = "uuid" in target ? target.uuid : (await host.domains.byName(target.name))?.uuid;
    return uuid === undefined ? undefined : waitUntilStable(host, uuid);
}
