import { isSameItem, keyOf, portOnAnyAddress } from "../../../../model";
import { readFacts } from "../../devices";
import type { DomainRecord, Host } from "../../host";
import type { DomainFacts } from "../../model";
import { readMark } from "../../xml";
import { madeIn, type RecordedEntry } from "./entries";
import { changesOf, isInProgress } from "./inProgress";

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
    /** DHCP entries and DNS records that were made for it. */
    entries: RecordedEntry[];
}

/** Lifetime of a list: each of thirty new guests needs it. */
const FRESH_MS = 2000;
/**
 * Time after which a domain is read again although the host's list shows no change of it: another program may have
 * changed its definition.
 */
const UNCHANGED_MS = 30_000;
const listed = new WeakMap<Host, { taken: number; holders: Promise<DomainHoldings[]> }>();

/** A domain as it was read, and what showed that it is still the same. */
interface Known {
    seen: string;
    taken: number;
    holdings: DomainHoldings | undefined;
}
const known = new WeakMap<Host, Map<string, Known>>();

/** Return what the host's domains hold, at most two seconds old. @param now ask the host in any case */
export function listHoldings(host: Host, now = false): Promise<DomainHoldings[]> {
    const last = listed.get(host);
    if (!now && last && Date.now() - last.taken < FRESH_MS) return last.holders;
    const holders = readHoldings(host);
    listed.set(host, { taken: Date.now(), holders });
    holders.catch(() => listed.delete(host));
    return holders;
}

/** Return what one domain holds now; undefined when it is gone. */
export async function holdingsOf(host: Host, uuid: string): Promise<DomainHoldings | undefined> {
    // Before the call: an operation that ends meanwhile may have changed the domain after it was read.
    const [taken, changes] = [Date.now(), changesOf(uuid)];
    const record = await host.domains.get(uuid);
    const holdings = record && holdingsIn(record);
    known.get(host)?.set(uuid, { seen: record ? shownIn(record, changes) : "", taken, holdings });
    return holdings;
}

/** Return a text that another start, another name or an operation of this process changes. */
function shownIn(
    { name, id, active, persistent }: Omit<DomainRecord, "inactiveXml" | "liveXml">,
    changes: number,
): string {
    return JSON.stringify([name, id, active, persistent, changes]);
}

/**
 * Read the list, and each domain that is new, was started or stopped, or belongs to an operation of this process. A
 * host with a thousand domains is otherwise read a thousand times for a thousand guests.
 */
async function readHoldings(host: Host): Promise<DomainHoldings[]> {
    const domains = await host.domains.list();
    const read = known.get(host) ?? new Map<string, Known>();
    known.set(host, read);
    const found = await Promise.all(
        domains.map((domain) => {
            const { uuid } = domain;
            const last = read.get(uuid);
            const same = last?.seen === shownIn(domain, changesOf(uuid)) && Date.now() - last.taken < UNCHANGED_MS;
            return same && !isInProgress(uuid) ? last.holdings : holdingsOf(host, uuid);
        }),
    );
    const present = new Set(domains.map(({ uuid }) => uuid));
    for (const uuid of read.keys()) if (!present.has(uuid)) read.delete(uuid);
    return found.filter((one) => one !== undefined);
}

function holdingsIn({ uuid, name, inactiveXml, liveXml }: DomainRecord): DomainHoldings {
    const [inactive, live] = [inactiveXml, liveXml].map((xml) => (xml ? readFacts(xml) : undefined));
    const marks = [inactiveXml, liveXml].map((xml) => (xml ? markOf(xml) : undefined));
    return {
        uuid,
        name,
        urn: (marks[0] ?? marks[1])?.urn,
        holds: [
            ...[inactive, live]
                .flatMap((facts) => facts?.interfaces ?? [])
                .flatMap(({ kind, mac }) => (kind === "user" ? [] : [keyOf.mac(mac.toLowerCase())])),
            ...(live ? openItemsOf(live) : []),
        ],
        entries: marks.flatMap((mark) => (mark ? madeIn(mark) : [])),
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
