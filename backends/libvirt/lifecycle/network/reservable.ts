import { isIPv4 } from "node:net";

import { type Problem, problemOf, UnikernelError, type UnikernelSpec } from "../../../../model";
import type { NetworkFacts } from "../../model";
import { reservationsOf } from "./declaredReservations";
import type { SeenNetwork } from "./networks";

type Subnet = NetworkFacts["subnets"][number];

/**
 * Throw where this network can never give the address to a guest. Networks may have any number of subnets of both
 * families, in any order.
 */
export function assertReservable(network: NetworkFacts, address: string, property: string): void {
    const subnets = network.subnets.filter(({ family }) => family === "ipv4");
    const invalid = (reason: string, hint: string): UnikernelError =>
        new UnikernelError("invalid", reason, { property, hint });
    const subnet = subnets.find((one) => contains(one, address));
    if (!subnet) {
        const known = network.subnets.map(({ address: own, prefix }) => `${own}/${prefix}`).join(", ") || "no subnet";
        throw invalid(
            `${address} is not in network ${network.name}, which has ${known}`,
            "choose an address of one of its IPv4 subnets",
        );
    }
    const choose = `choose another address of ${textOf(subnet)}`;
    if (subnets.some((one) => one.address === address))
        throw invalid(`${address} is the host's own address on network ${network.name}`, choose);
    // RFC 3021: a /31 has neither network nor broadcast address.
    if (subnet.prefix < 31 && number(address) === first(subnet))
        throw invalid(`${address} is the network address of ${textOf(subnet)} on network ${network.name}`, choose);
    if (subnet.prefix < 31 && number(address) === last(subnet))
        throw invalid(`${address} is the broadcast address of ${textOf(subnet)} on network ${network.name}`, choose);
    if (subnet.dhcp) return;
    throw new UnikernelError(
        "unsupported",
        `network ${network.name} gives no addresses in ${textOf(subnet)}: it has no DHCP there`,
        { property, hint: "set ipv4: { address }" },
    );
}

const size = ({ prefix }: Subnet): number => 2 ** (32 - prefix);
const first = (subnet: Subnet): number => number(subnet.address) - (number(subnet.address) % size(subnet));
const last = (subnet: Subnet): number => first(subnet) + size(subnet) - 1;
const textOf = ({ address, prefix }: Subnet): string => `${address}/${prefix}`;

function contains(subnet: Subnet, address: string): boolean {
    return isIPv4(address) && number(address) >= first(subnet) && number(address) <= last(subnet);
}

function number(address: string): number {
    return address.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
}

/**
 * Return the problems of reservations that a preview can see. A missing network is none: the same run may create it.
 */
export async function reservationProblems(
    network: (name: string) => Promise<SeenNetwork>,
    spec: UnikernelSpec,
): Promise<Problem[]> {
    const found = await Promise.all(
        reservationsOf(spec).map(async ({ network: name, address, property }) => {
            const seen = await network(name);
            if (seen === undefined || seen === "unknown") return [];
            try {
                assertReservable(seen, address, property);
                return [];
            } catch (error) {
                return [problemOf(property, error)];
            }
        }),
    );
    return found.flat();
}
