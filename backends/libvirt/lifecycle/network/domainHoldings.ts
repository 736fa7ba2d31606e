import { isSameItem, keyOf, portOnAnyAddress } from "../../../../model";
import { readFacts } from "../../devices";
import type { DomainRecord, Host } from "../../host";
import type { DomainFacts, RecordedReservation } from "../../model";
import { readMark } from "../../xml";

/** A domain of the host, with the ports, devices, MAC addresses and DHCP entries that it holds. */
export interface DomainHoldings {
    uuid: string;
    name: string;
    /** From its mark. */
    urn?: string;
    /**
     * Keys of its MAC addresses, and of the devices and ports of the running domain: `mac ADDRESS`, `tap NAME`,
     * `tcp ADDRESS PORT`. Without the MAC addresses of user-mode networks, which are isolated, so that two of them can
     * have the same one.
     */
    holds: string[];
    /** DHCP entries that were made for it. */
    reservations: RecordedReservation[];
}

/** Lifetime of a cached result in milliseconds, at least: each of thirty new guests would read all the others. */
const FRESH_MS = 2000;
/** The lifetime is this many times what the reading took, so that it stays a small part of a run on a full host. */
const REST = 10;
/** A result that is not complete yet serves every caller that can use a cached one. */
interface Census {
    freshUntil: number;
    holders: Promise<DomainHoldings[]>;
}
const listed = new WeakMap<Host, Census>();

/** Return what the host's domains hold, at most a few seconds old. @param now read it again in any case */
export function listHoldings(host: Host, now = false): Promise<DomainHoldings[]> {
    const last = listed.get(host);
    if (!now && last && Date.now() < last.freshUntil) return last.holders;
    const begin = Date.now();
    const census: Census = { freshUntil: Infinity, holders: readHoldings(host) };
    listed.set(host, census);
    census.holders.then(
        () => {
            const end = Date.now();
            census.freshUntil = end + Math.max(FRESH_MS, REST * (end - begin));
        },
        () => {
            if (listed.get(host) === census) listed.delete(host);
        },
    );
    return census.holders;
}

/** Like `listHoldings`, but read only these domains again: a guest that waits for one holder does not read all domains. */
export async function readAgain(host: Host, uuids: string[]): Promise<DomainHoldings[]> {
    const before = await listHoldings(host);
    const records = await Promise.all(uuids.map((uuid) => host.domains.get(uuid)));
    const present = new Map(records.flatMap((record) => (record ? [[record.uuid, holdingsOf(record)]] : [])));
    const holders = before.flatMap((one) => (uuids.includes(one.uuid) ? (present.get(one.uuid) ?? []) : one));
    const last = listed.get(host);
    if (last) listed.set(host, { ...last, holders: Promise.resolve(holders) });
    return holders;
}

/** The holdings in each domain's XML. A domain whose XML is unchanged is not parsed again. */
const parsed = new WeakMap<Host, Map<string, { record: DomainRecord; holdings: DomainHoldings }>>();

async function readHoldings(host: Host): Promise<DomainHoldings[]> {
    const domains = await host.domains.list();
    const records = await Promise.all(domains.map(({ uuid }) => host.domains.get(uuid)));
    const before = parsed.get(host);
    const known: typeof before = new Map();
    for (const record of records) {
        if (!record) continue;
        const former = before?.get(record.uuid);
        const holdings = former && hasSameXml(former.record, record) ? former.holdings : holdingsOf(record);
        known.set(record.uuid, { record, holdings });
    }
    parsed.set(host, known);
    return [...known.values()].map(({ holdings }) => holdings);
}

function hasSameXml(one: DomainRecord, other: DomainRecord): boolean {
    return one.name === other.name && one.inactiveXml === other.inactiveXml && one.liveXml === other.liveXml;
}

function holdingsOf({ uuid, name, inactiveXml, liveXml }: DomainRecord): DomainHoldings {
    const [inactive, live] = [inactiveXml, liveXml].map((xml) => (xml ? readFacts(xml) : undefined));
    const marks = [inactiveXml, liveXml].map((xml) => (xml ? markOf(xml) : undefined));
    return {
        uuid,
        name,
        urn: (marks[0] ?? marks[1])?.urn,
        holds: [
            ...[inactive, live]
                .flatMap((one) => one?.interfaces ?? [])
                .flatMap(({ kind, mac }) => (kind === "user" ? [] : [keyOf.mac(mac.toLowerCase())])),
            ...(live ? openItemsOf(live) : []),
        ],
        reservations: marks.flatMap((mark) => mark?.reservations ?? []).filter(({ foreign }) => !foreign),
    };
}

/** The domains that hold a thing, by `portOnAnyAddress` of its key: a look-up costs the same on a full host. */
const byThing = new WeakMap<DomainHoldings[], Map<string, DomainHoldings[]>>();

/**
 * Return the first other domain that holds a thing. A port of all addresses conflicts with that of each address.
 * @param uuid the guest that asks
 */
export function holderOf(key: string, holders: DomainHoldings[], uuid: string): DomainHoldings | undefined {
    let index = byThing.get(holders);
    if (!index) {
        byThing.set(holders, (index = new Map()));
        for (const one of holders)
            for (const thing of new Set(one.holds.map(portOnAnyAddress)))
                index.set(thing, [...(index.get(thing) ?? []), one]);
    }
    return index
        .get(portOnAnyAddress(key))
        ?.find((one) => one.uuid !== uuid && one.holds.some((held) => isSameItem(held, key)));
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
