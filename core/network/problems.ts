import { addressNumber, isWithin, type NetworkSpec, type NetworkSubnet, type Problem, spanOf } from "../../model";
import { containsUnknown } from "../handlers";

/** Values that are known and of their type: the others have their problem already, or are checked when known. */
type Known = Partial<
    Pick<NetworkSpec, "mode" | "bridge" | "ipv4" | "ipv6" | "domain" | "hosts" | "mtu" | "forwarders">
>;

/** What a bridge of the host's has no place for: addresses and names come from its own network. */
const NOT_OVER_A_BRIDGE = ["ipv4", "ipv6", "domain", "forwarders", "hosts", "mtu"] as const;

/** Return the problems that show only in several arguments together. */
export function networkProblems(values: Record<string, unknown>): Problem[] {
    const known = Object.fromEntries(Object.entries(values).filter(([, value]) => !containsUnknown(value))) as Known;
    return [
        ...modeProblems(known, containsUnknown(values.bridge)),
        ...(["ipv4", "ipv6"] as const).flatMap((family) => rangeProblems(family, known[family])),
        ...hostProblems(known, containsUnknown([values.ipv4, values.ipv6])),
    ];
}

function modeProblems({ mode, bridge, ...values }: Known, isBridgeUnknown: boolean): Problem[] {
    if (mode === undefined) return [];
    if (mode !== "bridge")
        return bridge === undefined
            ? []
            : [{ property: "bridge", reason: 'only with mode: "bridge"; in other modes libvirt makes the bridge' }];
    return [
        ...(bridge === undefined && !isBridgeUnknown
            ? [{ property: "bridge", reason: 'required with mode: "bridge": the name of a bridge of the host' }]
            : []),
        ...NOT_OVER_A_BRIDGE.filter((name) => !isEmpty(values[name])).map((name) => ({
            property: name,
            reason: 'not with mode: "bridge": the network behind the bridge has its own',
        })),
    ];
}

const isEmpty = (value: unknown): boolean => value === undefined || (Array.isArray(value) && value.length === 0);

function rangeProblems(family: "ipv4" | "ipv6", subnet: NetworkSubnet | undefined): Problem[] {
    if (!subnet) return [];
    const span = spanOf(subnet.address);
    const [own = ""] = subnet.address.split("/");
    const size = span.last - span.first + 1n;
    if (family === "ipv4" && size > 2n && [span.first, span.last].includes(addressNumber(own)))
        return [
            {
                property: `${family}.address`,
                reason: `${own} is the network's own or its broadcast address; expected one that the host can have`,
            },
        ];
    if (!subnet.dhcp) return [];
    const { start, end } = subnet.dhcp;
    const outside = (["start", "end"] as const).filter((name) => !isWithin(subnet.dhcp![name], span));
    if (outside.length > 0)
        return outside.map((name) => ({
            property: `${family}.dhcp.${name}`,
            reason: `${subnet.dhcp![name]} is not in ${subnet.address}`,
        }));
    if (addressNumber(start) > addressNumber(end))
        return [{ property: `${family}.dhcp.end`, reason: `${end} is before ${start}` }];
    const range = { family: span.family, first: addressNumber(start), last: addressNumber(end) };
    return isWithin(own, range)
        ? [{ property: `${family}.dhcp`, reason: `${start}–${end} has ${own}, which is the host's own address` }]
        : [];
}

function hostProblems({ hosts = [], ipv4, ipv6, mode }: Known, vague: boolean): Problem[] {
    if (mode === "bridge") return [];
    const subnets = [ipv4, ipv6].filter((one) => one !== undefined);
    return hosts.flatMap(({ name, address, mac }, index) => {
        const at = `hosts[${index}]`;
        const earlier = hosts.slice(0, index);
        const subnet = subnets.find((one) => isWithin(address, spanOf(one.address)));
        const found: Problem[] = [];
        if (mac !== undefined && address.includes(":"))
            found.push({ property: `${at}.mac`, reason: "DHCP for IPv6 knows no MAC addresses: leave mac out" });
        else if (mac !== undefined && !subnet && !vague)
            found.push({
                property: `${at}.address`,
                reason: `${address} is not in the network, so DHCP cannot give it`,
            });
        if (subnet?.address.split("/")[0] === address && mac !== undefined)
            found.push({ property: `${at}.address`, reason: `${address} is the host's own address` });
        const twice = earlier.find((other) => other.name === name && isSameFamily(other.address, address));
        if (twice) found.push({ property: `${at}.name`, reason: `${name} has the address ${twice.address} already` });
        if (mac !== undefined && earlier.some((other) => other.mac === mac))
            found.push({ property: `${at}.mac`, reason: `${mac} has an address already` });
        if (mac !== undefined && earlier.some((other) => other.mac !== undefined && other.address === address))
            found.push({ property: `${at}.address`, reason: `${address} is another interface's already` });
        return found;
    });
}

const isSameFamily = (one: string, other: string): boolean => one.includes(":") === other.includes(":");
