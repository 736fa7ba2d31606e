import { type InterfaceSpec, type Ipv6, type OwnAddress, ownAddress } from "../../model";
import type { UserSource } from "../libvirt/model";

/** Longest prefix with addresses for guest, gateway, name server, network and broadcast. */
export const LONGEST_USER_PREFIX = 29;

/**
 * Return the networks that QEMU has to simulate for a guest with static addresses. Without `subnet` QEMU uses its
 * default, 10.0.2.0/24 with the gateway at .2, the name server at .3 and DHCP from .15 (QEMU manual, "-netdev user").
 */
export function userSubnets({
    ipv4,
    ipv6,
}: Pick<InterfaceSpec, "ipv4" | "ipv6">): Pick<UserSource, "subnet" | "subnet6"> {
    const own = ownAddress(ipv4);
    return {
        ...(own ? { subnet: subnet(own) } : {}),
        ...(ipv6 ? { subnet6: subnet6(ipv6) } : {}),
    };
}

function subnet({ address, gateway }: OwnAddress): UserSource["subnet"] {
    const [guest = "", prefix = "24"] = address.split("/");
    const first = toNumber(guest) - (toNumber(guest) % 2 ** (32 - Number(prefix)));
    // Free addresses from the lowest: .1 is the usual gateway.
    const free = [1, 2, 3, 4]
        .map((offset) => fromNumber(first + offset))
        .filter((one) => one !== guest && one !== gateway);
    const [host = "", dns = ""] = gateway ? [gateway, free[0]] : free;
    return { network: `${fromNumber(first)}/${prefix}`, gateway: host, dns, guest };
}

function subnet6({ address, gateway }: Ipv6): UserSource["subnet6"] {
    const [ip = "", prefix = "64"] = address.split("/");
    return { network: `${network6(ip, Number(prefix))}/${prefix}`, ...(gateway ? { gateway } : {}) };
}

function toNumber(ip: string): number {
    return ip.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
}

function fromNumber(value: number): string {
    return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}

/** Return the first address of an IPv6 network. URL prints addresses in their shortest form (RFC 5952). */
function network6(ip: string, prefix: number): string {
    const [head = "", tail] = new URL(`http://[${ip}]`).hostname.slice(1, -1).split("::");
    const groups = (part: string): string[] => (part === "" ? [] : part.split(":"));
    const [left, right] = [groups(head), groups(tail ?? "")];
    const all = [...left, ...Array<string>(8 - left.length - right.length).fill("0"), ...right].map((group) =>
        parseInt(group, 16),
    );
    const masked = all.map(
        (group, index) => group & (0xffff << (16 - Math.min(16, Math.max(0, prefix - 16 * index)))) & 0xffff,
    );
    return new URL(`http://[${masked.map((group) => group.toString(16)).join(":")}]`).hostname.slice(1, -1);
}
