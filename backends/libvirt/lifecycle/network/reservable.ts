import { isIPv4 } from "node:net";

import { UnikernelError } from "../../../../model";
import type { NetworkFacts } from "../../model";
import type { DeclaredEntry } from "./declaredEntries";
import { isReservation } from "./entries";

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

/** Throw where a network can never have an entry. */
export function assertPossible(network: NetworkFacts, entry: DeclaredEntry): void {
    if (isReservation(entry)) assertReservable(network, entry.address, entry.property);
    assertNamable(network, entry);
}

/** RFC 1035, section 2.3.4: the whole name, without the dot at its end. */
const LONGEST_NAME = 253;

/** Throw where the DNS of this network can never answer for a name. */
function assertNamable({ name: network, subnets, domain }: NetworkFacts, { name, property }: DeclaredEntry): void {
    if (name === undefined) return;
    const at = { property: property.replace(/reserve$/, "name") };
    if (subnets.length === 0)
        throw new UnikernelError("unsupported", `network ${network} answers no names: it has no address of its own`, {
            ...at,
            hint: "leave name out, or use a network with a subnet",
        });
    const whole = domain === undefined ? name : `${name}.${domain}`;
    if (whole.length <= LONGEST_NAME) return;
    throw new UnikernelError(
        "invalid",
        `${name} with the domain of network ${network} has ${whole.length} characters, and a DNS name at most ${LONGEST_NAME}`,
        { ...at, hint: "choose a shorter name" },
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
