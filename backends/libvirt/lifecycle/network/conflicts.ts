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
    return network.reservations.flatMap((other) => {
        const itsMac = other.mac?.toLowerCase();
        const by =
            itsMac === mac
                ? "mac"
                : other.address === address
                  ? "address"
                  : name !== undefined && other.name === name
                    ? "name"
                    : undefined;
        return by ? [{ ...other, mac: itsMac, network: network.name, property, by }] : [];
    });
}

/** Return whether the conflicting entry was made for this guest too: it may be replaced. */
export function isOwn({ network, mac, address }: ConflictingEntry, own: RecordedReservation[]): boolean {
    return mac !== undefined && includes(own, { network, mac, address });
}

/** Return the error about an entry whose guest is unknown. */
export function refusalOf({ network, address, mac, name, property, by }: ConflictingEntry): UnikernelError {
    if (by === "name")
        return new UnikernelError(
            "in-use",
            `network ${network} has the name ${name} for ${address}, by an entry that was not made for this guest`,
            { property: property.replace(/reserve$/, "name"), hint: "choose another name" },
        );
    if (by === "address")
        return new UnikernelError(
            "in-use",
            `network ${network} reserves ${address} for ${mac ?? name ?? "another guest"}`,
            { property, hint: "choose another address" },
        );
    return new UnikernelError(
        "in-use",
        `network ${network} reserves ${address} for this interface (${mac}) already, by an entry that was not made for this guest`,
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
