import { canonicalAddress } from "../../../model";
import type { NetworkFacts, ReservationModel } from "../model";
import type { DnsRecord } from "../networkModel";
import { element, writeElement } from "./element";
import { all, at, type Tree, text, tree } from "./tree";

/** Return the element `<host mac ip name/>` for virNetworkUpdate on section ip-dhcp-host. */
export function renderReservation({ mac, name, address }: ReservationModel): string {
    return writeElement(element("host", { mac, ...(name ? { name } : {}), ip: address }));
}

/** Return a network's facts: its bridge, subnets and reservations. */
export function readNetwork(xml: string): NetworkFacts {
    const network = tree(xml, "network");
    const ips = all(network, "ip");
    const forward = at(network, "forward");
    return {
        name: text(network, "name") ?? "",
        uuid: text(network, "uuid") ?? "",
        bridge: at(network, "bridge")?.attributes.name ?? undefined,
        // libvirt: <forward/> without a mode is nat.
        forward: forward && (forward.attributes.mode ?? "nat"),
        subnets: ips.map(subnet),
        reservations: ips
            .flatMap((ip) => all(at(ip, "dhcp"), "host"))
            .map(({ attributes: { mac, name, ip } }) => ({ mac, name, address: ip ?? "" })),
        records: all(at(network, "dns"), "host").map(readRecord),
        domain: at(network, "domain")?.attributes.name,
    };
}

/** Return a DNS record. Its names are as they were written. */
export function readRecord(host: Tree): DnsRecord {
    return {
        address: canonicalAddress(host.attributes.ip ?? ""),
        names: all(host, "hostname").map((name) => name.text.trim()),
    };
}

/** Return the subnet of an `<ip>` element. */
export function subnet(ip: Tree): NetworkFacts["subnets"][number] {
    const { address = "", prefix, netmask, family } = ip.attributes;
    const ipv6 = family === "ipv6" || address.includes(":");
    return {
        address,
        prefix: prefix ? Number(prefix) : netmask ? maskLength(netmask) : ipv6 ? 64 : classful(address),
        family: ipv6 ? "ipv6" : "ipv4",
        dhcp: at(ip, "dhcp") !== undefined,
    };
}

function maskLength(netmask: string): number {
    return netmask.split(".").reduce((bits, octet) => bits + Number(octet).toString(2).replaceAll("0", "").length, 0);
}

/** Return the prefix. libvirt gives an IPv4 address without prefix and netmask the one of its historical class. */
function classful(address: string): number {
    const first = Number(address.split(".")[0]);
    return first < 128 ? 8 : first < 192 ? 16 : 24;
}
