import { keyOf } from "../../../../model";
import { readFacts } from "../../devices";
import type { Host } from "../../host";
import type { DomainFacts, RecordedReservation } from "../../model";
import { readMark } from "../../xml";

/** A domain of the host, with the ports, devices, MAC addresses and DHCP entries that it holds. */
export interface DomainHoldings {
    uuid: string;
    name: string;
    /** From its mark. */
    urn?: string;
    /** Without those of user-mode networks, which are isolated, so that two of them can have the same MAC. */
    macs: string[];
    /** Devices and ports of the running domain: `tap NAME`, `tcp ADDRESS PORT`. */
    open: string[];
    /** DHCP entries that were made for it. */
    reservations: RecordedReservation[];
}

/**
 * Lifetime of a cached result: reading one domain is cheap, but each of thirty new guests would read all the others.
 */
const FRESH_MS = 2000;
const listed = new WeakMap<Host, { taken: number; holders: Promise<DomainHoldings[]> }>();

/** Return what the host's domains hold, at most two seconds old. @param now read it again in any case */
export function listHoldings(host: Host, now = false): Promise<DomainHoldings[]> {
    const last = listed.get(host);
    if (!now && last && Date.now() - last.taken < FRESH_MS) return last.holders;
    const holders = readHoldings(host);
    listed.set(host, { taken: Date.now(), holders });
    holders.catch(() => listed.delete(host));
    return holders;
}

async function readHoldings(host: Host): Promise<DomainHoldings[]> {
    const domains = await host.domains.list();
    const records = await Promise.all(domains.map(({ uuid }) => host.domains.get(uuid)));
    return records.flatMap((record) => {
        if (!record) return [];
        const facts = [record.inactiveXml, record.liveXml].flatMap((xml) => (xml ? [readFacts(xml)] : []));
        const marks = [record.inactiveXml, record.liveXml].map((xml) => (xml ? markOf(xml) : undefined));
        const live = record.liveXml === undefined ? undefined : readFacts(record.liveXml);
        return [
            {
                uuid: record.uuid,
                name: record.name,
                urn: (marks[0] ?? marks[1])?.urn,
                macs: facts.flatMap((one) =>
                    one.interfaces.filter(({ kind }) => kind !== "user").map(({ mac }) => mac.toLowerCase()),
                ),
                open: live ? openItemsOf(live) : [],
                reservations: marks.flatMap((mark) => mark?.reservations ?? []).filter(({ foreign }) => !foreign),
            },
        ];
    });
}

/** Return the keys of the devices and ports that a running domain has. */
export function openItemsOf({ interfaces, forwards, gdb }: DomainFacts): string[] {
    return [
        ...interfaces.flatMap(({ kind, source }) =>
            kind === "tap" && source !== undefined ? [keyOf.tap(source)] : [],
        ),
        ...forwards.map(keyOf.port),
        ...(gdb ? [keyOf.gdb(gdb)] : []),
    ];
}

/** Return a domain's mark; undefined also for the mark of a newer release. */
function markOf(xml: string): ReturnType<typeof readMark> {
    try {
        return readMark(xml);
    } catch {
        return undefined;
    }
}
