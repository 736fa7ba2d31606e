import { keyOf, UnikernelError } from "../../../../model";
import type { NetworkFacts } from "../../model";
import type { DnsRecord } from "../../networkModel";
import type { DeclaredEntry } from "./declaredEntries";
import { type Entry, includes, isReservation } from "./entries";
import type { ExclusiveItem } from "./exclusiveItem";

/** A DHCP entry or a DNS record, as a network has it. */
export type FoundEntry = NetworkFacts["reservations"][number] | DnsRecord;

/** A conflicting entry: it has the desired address, the interface's MAC address, or the desired name. */
export type ConflictingEntry = FoundEntry & {
    network: string;
    property: string;
    by: "address" | "mac" | "name";
    /** The desired name, where another entry has it. */
    wanted?: string;
};

export function isRecord<T extends FoundEntry>(found: T): found is Extract<T, DnsRecord> {
    return "names" in found;
}

/** Return what tells the parts of a found entry apart: a record counts once for each of its names. */
export function keysOf(network: string, found: FoundEntry): Entry[] {
    const { address } = found;
    if (isRecord(found)) return found.names.map((name) => ({ network, address, name }));
    return found.mac === undefined ? [] : [{ network, mac: found.mac.toLowerCase(), address }];
}

/** Return whether an entry is as declared. One that was not made for this guest may have a name where none is declared. */
export function isMade(network: NetworkFacts, entry: DeclaredEntry, own: Entry[]): boolean {
    const { address, name } = entry;
    const isNamed = (other: string): boolean => name !== undefined && isSameName(other, name, network);
    if (!isReservation(entry)) return network.records.some((one) => one.address === address && one.names.some(isNamed));
    const made = network.reservations.find((one) => one.mac?.toLowerCase() === entry.mac && one.address === address);
    if (!made) return false;
    if (made.name === undefined) return name === undefined;
    return (
        isNamed(made.name) || (name === undefined && !includes(own, { network: network.name, mac: entry.mac, address }))
    );
}

/** dnsmasq answers for a name with the network's domain as for the name alone, in either case (its option expand-hosts). */
function isSameName(one: string, other: string, { domain }: NetworkFacts): boolean {
    const end = domain === undefined ? undefined : `.${domain.toLowerCase()}`;
    const [first, second] = [one, other].map((name) => {
        const lower = name.toLowerCase();
        return end !== undefined && lower.endsWith(end) ? lower.slice(0, -end.length) : lower;
    });
    return first === second;
}

/**
 * Return the entries to remove first. libvirt accepts one DHCP entry for each MAC address, for each address and for each
 * name, and one DNS record for each address. A name is one guest's, although libvirt accepts it in several records: a
 * guest may have an address of each family.
 * @param own the entries that were made for this guest
 * @param desired all that it declares
 */
export function conflictsOf(
    network: NetworkFacts,
    entry: DeclaredEntry,
    own: Entry[],
    desired: Entry[] = [],
): ConflictingEntry[] {
    const { address, name, property } = entry;
    if (isMade(network, entry, own)) return [];
    const isOurs = (found: FoundEntry): boolean =>
        keysOf(network.name, found).some((key) => includes([...own, ...desired], key));
    const hasName = (found: FoundEntry): boolean => {
        if (name === undefined || !namesIn(found).some((one) => isSameName(one, name, network))) return false;
        // The same address under the same name is no second answer.
        return found.address !== address && (isSameFamily(found.address, address) || !isOurs(found));
    };
    const why = (found: FoundEntry): ConflictingEntry["by"] | undefined => {
        if (isReservation(entry) && !isRecord(found)) {
            if (found.mac?.toLowerCase() === entry.mac) return "mac";
            if (found.address === address) return "address";
        }
        if (!isReservation(entry) && isRecord(found) && found.address === address) return "address";
        return hasName(found) ? "name" : undefined;
    };
    return [...network.reservations, ...network.records].flatMap((found): ConflictingEntry[] => {
        const by = why(found);
        if (by === undefined) return [];
        const at = { network: network.name, property, by, ...(by === "name" ? { wanted: name } : {}) };
        return [isRecord(found) ? { ...found, ...at } : { ...found, mac: found.mac?.toLowerCase(), ...at }];
    });
}

const isSameFamily = (one: string, other: string): boolean => one.includes(":") === other.includes(":");

/** Return whether a network has room for an entry that it had before. */
export function isFree(network: NetworkFacts, former: FoundEntry): boolean {
    const isTaken = (name: string, one: FoundEntry): boolean =>
        isSameFamily(one.address, former.address) && namesIn(one).some((other) => isSameName(other, name, network));
    return ![...network.reservations, ...network.records].some((now) => {
        const isSameKind = isRecord(now) === isRecord(former);
        if (isSameKind && now.address === former.address) return true;
        if (
            !isRecord(now) &&
            !isRecord(former) &&
            now.mac !== undefined &&
            now.mac.toLowerCase() === former.mac?.toLowerCase()
        )
            return true;
        return now.address !== former.address && namesIn(former).some((name) => isTaken(name, now));
    });
}

function namesIn(found: FoundEntry): string[] {
    if (isRecord(found)) return found.names;
    return found.name === undefined ? [] : [found.name];
}

/** Return whether the conflicting entry was made for this guest too: it may be replaced. */
export function isOwn(conflict: ConflictingEntry, own: Entry[]): boolean {
    const keys = keysOf(conflict.network, conflict);
    return keys.length > 0 && keys.every((key) => includes(own, key));
}

/** Return the error about an entry whose guest is unknown. */
export function refusalOf(entry: ConflictingEntry): UnikernelError {
    const { network, address, by } = entry;
    const { property, hint, says } = wantedOf(entry);
    const stranger = "by an entry that was not made for this guest";
    if (isRecord(entry))
        return new UnikernelError("in-use", `${says(address)}, ${stranger}`, {
            property,
            hint: `${hint}, or remove that record: virsh net-update ${network} delete dns-host "<host ip='${address}'/>" --live --config`,
        });
    const { mac, name } = entry;
    if (by === "address") return new UnikernelError("in-use", says(mac ?? name ?? "another guest"), { property, hint });
    if (by === "name") return new UnikernelError("in-use", `${says(address)}, ${stranger}`, { property, hint });
    return new UnikernelError(
        "in-use",
        `network ${network} reserves ${address} for this interface (${mac}) already, ${stranger}`,
        {
            property,
            hint: `set reserve: "${address}", or remove that entry: virsh net-update ${network} delete ip-dhcp-host "<host mac='${mac}' ip='${address}'/>" --live --config`,
        },
    );
}

/** Return what an entry of another guest has that this one wants. */
export function wantedOf(entry: ConflictingEntry): Pick<ExclusiveItem, "key" | "property" | "hint" | "says"> {
    const { network, address, property, by, wanted = "" } = entry;
    if (by === "name")
        return {
            key: keyOf.networkName(network, wanted),
            property: property.replace(/reserve$/, "name"),
            hint: "choose another name",
            says: (domain) => `network ${network} has the name ${wanted} for ${domain}`,
        };
    if (isRecord(entry))
        return {
            key: keyOf.address(network, address),
            property: property.replace(/name$/, "address"),
            hint: "choose another address",
            says: (domain) => `network ${network} has the name ${entry.names.join(", ")} of ${address} for ${domain}`,
        };
    const reserves = (domain: string): string => `network ${network} reserves ${address} for ${domain}`;
    if (by === "mac")
        return {
            key: keyOf.mac(entry.mac ?? ""),
            property,
            hint: "choose another MAC address",
            says: (domain) => `${reserves(domain)}, by the MAC address ${entry.mac}`,
        };
    return { key: keyOf.address(network, address), property, hint: "choose another address", says: reserves };
}
