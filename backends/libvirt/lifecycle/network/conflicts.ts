import { keyOf, UnikernelError } from "../../../../model";
import type { NetworkFacts, RecordedReservation } from "../../model";
import type { Reservation } from "./declaredReservations";
import { includes } from "./entries";
import type { ExclusiveItem } from "./exclusiveItem";

/** A conflicting entry: it has the desired address, the interface's MAC address, or the desired name. */
export type ConflictingEntry = NetworkFacts["reservations"][number] & {
    network: string;
    property: string;
    by: "address" | "mac" | "name";
};

/** Return whether an entry is as declared. One that was not made for this guest may have a name where none is declared. */
export function isMade(
    { name: network, reservations }: NetworkFacts,
    entry: Reservation,
    own: RecordedReservation[],
): boolean {
    const { mac, address, name } = entry;
    const made = reservations.find((other) => other.mac?.toLowerCase() === mac && other.address === address);
    if (!made) return false;
    return made.name === name || (name === undefined && !includes(own, { network, mac, address }));
}

/** Return the entries to remove first: libvirt accepts one for each MAC address, for each address and for each name. */
export function conflictsOf(network: NetworkFacts, entry: Reservation, own: RecordedReservation[]): ConflictingEntry[] {
    const { mac, address, name, property } = entry;
    if (isMade(network, entry, own)) return [];
    return network.reservations.flatMap((other): ConflictingEntry[] => {
        const itsMac = other.mac?.toLowerCase();
        const found = { ...other, mac: itsMac, network: network.name, property };
        if (itsMac === mac) return [{ ...found, by: "mac" }];
        if (other.address === address) return [{ ...found, by: "address" }];
        return name !== undefined && other.name === name ? [{ ...found, by: "name" }] : [];
    });
}

/** Return whether the conflicting entry was made for this guest too: it may be replaced. */
export function isOwn({ network, mac, address }: ConflictingEntry, own: RecordedReservation[]): boolean {
    return mac !== undefined && includes(own, { network, mac, address });
}

/** Return the error about an entry whose guest is unknown. */
export function refusalOf(entry: ConflictingEntry): UnikernelError {
    const { network, address, mac, name, by } = entry;
    const { property, hint, says } = wantedOf(entry);
    if (by === "address") return new UnikernelError("in-use", says(mac ?? name ?? "another guest"), { property, hint });
    const stranger = "by an entry that was not made for this guest";
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
export function wantedOf({
    network,
    mac = "",
    address,
    name = "",
    property,
    by,
}: ConflictingEntry): Pick<ExclusiveItem, "key" | "property" | "hint" | "says"> {
    const reserves = (domain: string): string => `network ${network} reserves ${address} for ${domain}`;
    if (by === "mac")
        return {
            key: keyOf.mac(mac),
            property,
            hint: "choose another MAC address",
            says: (domain) => `${reserves(domain)}, by the MAC address ${mac}`,
        };
    if (by === "name")
        return {
            key: keyOf.networkName(network, name),
            property: property.replace(/reserve$/, "name"),
            hint: "choose another name",
            says: (domain) => `network ${network} has the name ${name} for ${domain}`,
        };
    return { key: keyOf.address(network, address), property, hint: "choose another address", says: reserves };
}
