import type { AddressRange } from "../../../../model";
import type { DefinedSubnet, DhcpEntry, DnsRecord, NetworkDefinition } from "../../networkModel";
import { type Element, element, writeElement } from "../element";
import { networkMarkElement } from "./mark";

/** Return the definition of a network (libvirt: formatnetwork). */
export function renderDefinition(network: NetworkDefinition): string {
    const { name, uuid, mode, bridge, mac, mtu, domain, subnets, mark } = network;
    const over = mode === "bridge";
    return writeElement(
        element(
            "network",
            {},
            element("name", {}, name),
            element("uuid", {}, uuid),
            mark && element("metadata", {}, networkMarkElement(mark)),
            mode === "isolated" ? undefined : element("forward", { mode }),
            // Without the delay of the spanning tree, a guest's first packets are not lost.
            bridge === undefined
                ? undefined
                : element("bridge", { name: bridge, ...(over ? {} : { stp: "on", delay: "0" }) }),
            mtu === undefined ? undefined : element("mtu", { size: String(mtu) }),
            over || mac === undefined ? undefined : element("mac", { address: mac }),
            domain === undefined ? undefined : element("domain", { name: domain, localOnly: "yes" }),
            dnsElement(network),
            ...subnets.map(subnetElement),
        ),
    );
}

function dnsElement({ forwarders, records }: NetworkDefinition): Element | undefined {
    if (forwarders.length === 0 && records.length === 0) return undefined;
    return element(
        "dns",
        {},
        ...forwarders.map(({ address, domain, port }) =>
            element("forwarder", {
                ...(domain === undefined ? {} : { domain }),
                ...(address === undefined ? {} : { addr: address }),
                ...(port === undefined ? {} : { port }),
            }),
        ),
        ...records.map(recordElement),
    );
}

function subnetElement({ family, address, prefix, ranges, entries }: DefinedSubnet): Element {
    const dhcp = [...ranges.map(rangeElement), ...entries.map(entryElement)];
    return element(
        "ip",
        { family, address, prefix: String(prefix) },
        dhcp.length === 0 ? undefined : element("dhcp", {}, ...dhcp),
    );
}

function recordElement({ address, names }: DnsRecord): Element {
    return element("host", { ip: address }, ...names.map((name) => element("hostname", {}, name)));
}

function entryElement({ address, mac, name }: DhcpEntry): Element {
    return element("host", {
        ...(mac === undefined ? {} : { mac }),
        ...(name === undefined ? {} : { name }),
        ip: address,
    });
}

const rangeElement = ({ start, end }: AddressRange): Element => element("range", { start, end });

/** Return the elements for virNetworkUpdate. */
export const renderRecord = (record: DnsRecord): string => writeElement(recordElement(record));
export const renderEntry = (entry: DhcpEntry): string => writeElement(entryElement(entry));
export const renderRange = (range: AddressRange): string => writeElement(rangeElement(range));
