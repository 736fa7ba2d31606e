import { BlockList, isIP } from "node:net";

interface Cidr {
    address: string;
    gateway?: string;
}

/** Return the first problem of an address in CIDR notation and its gateway; undefined when both are valid. */
export function cidrProblem(
    { address, gateway }: Cidr,
    family: 4 | 6,
): { property: "address" | "gateway"; reason: string } | undefined {
    const example = family === 4 ? "10.0.0.2/24" : "fd00::2/64";
    const [ip = "", prefix = "", ...more] = address.split("/");
    const bits = /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1;
    if (isIP(ip) !== family || more.length > 0 || bits < 1 || bits > (family === 4 ? 32 : 128)) {
        return {
            property: "address",
            reason:
                `expected an IPv${family} address with its prefix length, such as "${example}", ` +
                `found ${JSON.stringify(address)}`,
        };
    }
    if (gateway === undefined) return undefined;
    if (isIP(gateway) !== family)
        return { property: "gateway", reason: `expected an IPv${family} address, found ${JSON.stringify(gateway)}` };
    if (gateway === ip) return { property: "gateway", reason: `${gateway} is the guest's own address` };
    const type = family === 4 ? "ipv4" : "ipv6";
    const reachable = new BlockList();
    reachable.addSubnet(ip, bits, type);
    // RFC 4861: a router is announced by its link-local address.
    if (family === 6) reachable.addSubnet("fe80::", 10, type);
    if (!reachable.check(gateway, type))
        return { property: "gateway", reason: `${gateway} is not in the network of ${address}` };
    return undefined;
}
