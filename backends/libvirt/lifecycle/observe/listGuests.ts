import { hasCode } from "../../../../model";
import type { ListedGuest } from "../../../backend";
import { declarable, readFacts } from "../../devices";
import { lastHappening } from "../../eventWords";
import type { DomainRecord, Host, LeaseRecord } from "../../host";
import type { LibvirtPlatform } from "../../platform";
import { existingOf, seenState } from "../existing";
import { leasingNetworks } from "../network/leases";

interface Ours extends Pick<ListedGuest, "mark" | "problem"> {
    record: DomainRecord;
    /** What runs; of a guest that is off, what the next start runs. */
    shape: ReturnType<typeof readFacts>;
}

/** Return the guests with this package's mark, by name. Asks a network for its leases once. Changes nothing. */
export async function listGuests(
    host: Host,
    platform: LibvirtPlatform,
    sshTarget?: string,
): Promise<{ hostname: string; guests: ListedGuest[] }> {
    const [{ hostname }, listed] = await Promise.all([host.info(), host.domains.list()]);
    const get = host.domains.getTogether ?? ((uuid: string) => host.domains.get(uuid));
    const records = await Promise.all(listed.map(({ uuid }) => get(uuid)));
    const ours = records.flatMap((record) => (record && ourGuest(record)) ?? []);
    const running = ours.filter(({ record }) => record.active);
    const [leases, uptimes] = await Promise.all([
        leasesOf(host, running),
        running.length === 0 ? new Map<string, number>() : uptimesOf(host, platform, running, sshTarget),
    ]);
    const guests = ours.map(({ record, shape, mark, problem }) => {
        const { uuid, name } = record;
        const [uptime, lastEvent] = [uptimes.get(uuid), lastHappening(record)];
        return {
            uuid,
            name,
            state: seenState(record),
            memory: Math.round(shape.currentMemoryMib),
            ipAddresses: platform.ipAddresses({ interfaces: declarable(shape) }, record.active ? leases : []),
            ...(uptime === undefined ? {} : { uptime }),
            ...(lastEvent === undefined ? {} : { lastEvent }),
            ...(mark === undefined ? {} : { mark }),
            ...(problem === undefined ? {} : { problem }),
        };
    });
    return { hostname, guests: guests.sort((one, other) => (one.name < other.name ? -1 : 1)) };
}

/** Return a guest with our mark; undefined for any other. One whose mark a newer release wrote is ours. */
function ourGuest(record: DomainRecord): Ours | undefined {
    const shape = readFacts(record.liveXml ?? record.inactiveXml);
    try {
        const { mark, liveMark } = existingOf(record, []);
        const found = mark ?? liveMark;
        return found && { record, shape, mark: { urn: found.urn, phase: found.phase, since: found.since } };
    } catch (error) {
        if (!hasCode(error, "newer-state")) throw error;
        return { record, shape, problem: error.message };
    }
}

/** Addresses and times are for display alone: where they cannot be read, the guest is listed without them. */
async function leasesOf(host: Host, running: Ours[]): Promise<LeaseRecord[]> {
    const networks = leasingNetworks(running.flatMap(({ shape }) => declarable(shape)));
    return (await Promise.all(networks.map((name) => host.networks.leases(name).catch(() => [])))).flat();
}

function uptimesOf(
    host: Host,
    platform: LibvirtPlatform,
    running: Ours[],
    sshTarget?: string,
): Promise<Map<string, number>> {
    return platform
        .uptimes(
            host,
            running.map(({ record }) => record.uuid),
            sshTarget,
        )
        .catch(() => new Map<string, number>());
}
