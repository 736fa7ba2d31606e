import { canonicalAddress, type OwnAddress, type UnikernelSpec, withoutPrefix } from "../../../../model";
import type { RecordedName, ReservationModel } from "../../model";

/** A declared DHCP reservation of an address on a libvirt network for one of our interfaces. */
export interface Reservation extends ReservationModel {
    network: string;
    /** Property path of the address. */
    property: string;
}

/** A declared name of an address that a guest configures itself. */
export interface DeclaredName extends Omit<RecordedName, "foreign"> {
    /** Property path of the name. */
    property: string;
}

/** What a guest declares of a network: a DHCP entry, or a DNS record. */
export type DeclaredEntry = Reservation | DeclaredName;

export function reservationsOf(spec: Pick<UnikernelSpec, "interfaces">): Reservation[] {
    return spec.interfaces.flatMap(({ attach, ipv4, mac }, index) => {
        if (!("network" in attach) || typeof ipv4 !== "object" || !("reserve" in ipv4)) return [];
        const { reserve: address, name } = ipv4;
        const property = `interfaces[${index}].ipv4.reserve`;
        return [{ network: attach.network, mac, address, ...(name === undefined ? {} : { name }), property }];
    });
}

/** Return the names of addresses that guests configure themselves: a DHCP entry has the name of a reserved one. */
export function namesOf(spec: Pick<UnikernelSpec, "interfaces">): DeclaredName[] {
    return spec.interfaces.flatMap(({ attach, ...addresses }, index) =>
        (["ipv4", "ipv6"] as const).flatMap((family): DeclaredName[] => {
            const own = addresses[family];
            if (!("network" in attach) || typeof own !== "object" || "reserve" in own) return [];
            return nameOf(own, { network: attach.network, property: `interfaces[${index}].${family}.name` });
        }),
    );
}

function nameOf({ address, name }: OwnAddress, at: Pick<DeclaredName, "network" | "property">): DeclaredName[] {
    return name === undefined ? [] : [{ ...at, address: canonicalAddress(withoutPrefix(address)), name }];
}

/** Return all that a guest declares of its networks. */
export function entriesOf(spec: Pick<UnikernelSpec, "interfaces">): DeclaredEntry[] {
    return [...reservationsOf(spec), ...namesOf(spec)];
}
