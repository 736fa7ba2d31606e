import type { UnikernelSpec } from "../../../../model";
import type { ReservationModel } from "../../model";

/** A declared DHCP reservation of an address on a libvirt network for one of our interfaces. */
export interface Reservation extends ReservationModel {
    network: string;
    /** Property path of the address. */
    property: string;
}

export function reservationsOf(spec: UnikernelSpec): Reservation[] {
    return spec.interfaces.flatMap(({ attach, ipv4, mac }, index) => {
        if (!("network" in attach) || typeof ipv4 !== "object" || !("reserve" in ipv4)) return [];
        const { reserve: address, name } = ipv4;
        const property = `interfaces[${index}].ipv4.reserve`;
        return [{ network: attach.network, mac, address, ...(name === undefined ? {} : { name }), property }];
    });
}
