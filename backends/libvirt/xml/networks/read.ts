import { canonicalAddress } from "../../../../model";
import type { DefinedSubnet, NetworkDefinition } from "../../networkModel";
import { readRecord, subnet } from "../network";
import { all, at, type Tree, text, tree } from "../tree";
import { readNetworkMark } from "./mark";

/** Return a network's definition (libvirt: formatnetwork) as plain data. */
export function readDefinition(xml: string): NetworkDefinition {
    const network = tree(xml, "network");
    const forward = at(network, "forward");
    const dns = at(network, "dns");
    const mtu = at(network, "mtu")?.attributes.size;
    const [bridge, mac] = [at(network, "bridge")?.attributes.name, at(network, "mac")?.attributes.address];
    const domain = at(network, "domain")?.attributes.name;
    const mark = readNetworkMark(network);
    return {
        name: text(network, "name") ?? "",
        uuid: text(network, "uuid") ?? "",
        // libvirt: <forward/> without a mode is nat, a network without <forward> is isolated.
        mode: forward ? (forward.attributes.mode ?? "nat") : "isolated",
        ...(bridge === undefined ? {} : { bridge }),
        ...(mac === undefined ? {} : { mac: mac.toLowerCase() }),
        ...(mtu === undefined ? {} : { mtu: Number(mtu) }),
        ...(domain === undefined ? {} : { domain: domain.toLowerCase() }),
        forwarders: all(dns, "forwarder").map(({ attributes: { addr, domain: only, port } }) => ({
            ...(addr === undefined ? {} : { address: canonicalAddress(addr) }),
            ...(only === undefined ? {} : { domain: only.toLowerCase() }),
            ...(port === undefined ? {} : { port }),
        })),
        subnets: all(network, "ip").map(readSubnet),
        records: all(dns, "host")
            .map(readRecord)
            .map(({ address, names }) => ({ address, names: names.map((name) => name.toLowerCase()) })),
        ...(mark === undefined ? {} : { mark }),
    };
}

function readSubnet(ip: Tree): DefinedSubnet {
    const { address, prefix, family } = subnet(ip);
    const dhcp = at(ip, "dhcp");
    return {
        family,
        address: canonicalAddress(address),
        prefix,
        ranges: all(dhcp, "range").map(({ attributes: { start = "", end = "" } }) => ({
            start: canonicalAddress(start),
            end: canonicalAddress(end),
        })),
        entries: all(dhcp, "host").map(({ attributes: { mac, name, ip: address = "" } }) => ({
            address: canonicalAddress(address),
            ...(mac === undefined ? {} : { mac: mac.toLowerCase() }),
            ...(name === undefined ? {} : { name: name.toLowerCase() }),
        })),
    };
}
