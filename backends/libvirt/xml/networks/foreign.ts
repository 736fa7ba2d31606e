import type { XMLBuilder } from "xmlbuilder2/lib/interfaces";
import type { DhcpEntry, DnsRecord } from "../../networkModel";
import { parse, print } from "../dom";
import { MARK_PREFIX } from "../names";
import { NETWORK_MARK } from "./mark";

/** Elements of a network that follow from its declaration. */
const DECLARED = new Set(["name", "uuid", "metadata", "forward", "bridge", "mtu", "mac", "domain", "dns", "ip"]);

/** The entries that follow from a declaration, the present one or the one before. */
export interface Own {
    entries: DhcpEntry[];
    records: DnsRecord[];
}

/**
 * Return a definition with what the former one has and no declaration covers: reservations of guests, names, port
 * groups, limits, and what people and other tools wrote.
 */
export function keepForeignOfNetwork(definition: string, before: string, own: Own): string {
    const [network, former] = [parse(definition, "network"), parse(before, "network")];
    copyAttributes(former, network, ["connections"]);
    for (const child of childrenOf(former)) if (!DECLARED.has(nameOf(child))) network.import(child);
    keepMetadata(network, former);
    keepWithin(network, former, "forward", ({ mode = "nat" }) => mode, ["driver", "pf", "address"]);
    keepWithin(network, former, "bridge", ({ name }) => name, []);
    keepWithin(network, former, "domain", ({ name }) => name, []);
    keepDns(network, former, own);
    keepSubnets(network, former, own);
    return print(network, { prettyPrint: false });
}

function keepMetadata(network: XMLBuilder, former: XMLBuilder): void {
    const others = childrenOf(childOf(former, "metadata")).filter(
        (child) => nameOf(child) !== `${MARK_PREFIX}:${NETWORK_MARK}`,
    );
    for (const other of others) need(network, "metadata").import(other);
}

/** Keep attributes and children of an element that is still the same one. */
function keepWithin(
    network: XMLBuilder,
    former: XMLBuilder,
    name: string,
    key: (attributes: Record<string, string>) => string | undefined,
    leave: string[],
): void {
    const [now, then] = [childOf(network, name), childOf(former, name)];
    if (!now || !then || key(attributesOf(now)) !== key(attributesOf(then))) return;
    copyAttributes(then, now, []);
    for (const child of childrenOf(then)) if (!leave.includes(nameOf(child))) now.import(child);
}

function keepDns(network: XMLBuilder, former: XMLBuilder, own: Own): void {
    const then = childOf(former, "dns");
    if (!then) return;
    const foreign = childrenOf(then).filter(
        (child) => nameOf(child) !== "forwarder" && !(nameOf(child) === "host" && isOwnRecord(child, own)),
    );
    if (foreign.length === 0 && Object.keys(attributesOf(then)).length === 0) return;
    const now = need(network, "dns");
    copyAttributes(then, now, []);
    for (const child of foreign) now.import(child);
}

const isOwnRecord = (host: XMLBuilder, own: Own): boolean =>
    own.records.some(({ address }) => address === attributesOf(host).ip);

/** The first `<ip>` of each family is declared. */
function keepSubnets(network: XMLBuilder, former: XMLBuilder, own: Own): void {
    const seen = new Set<string>();
    for (const then of childrenOf(former).filter((child) => nameOf(child) === "ip")) {
        const family = familyOf(then);
        if (seen.has(family)) network.import(then);
        const now = childrenOf(network).find((child) => nameOf(child) === "ip" && familyOf(child) === family);
        if (!seen.has(family) && now) keepSubnet(now, then, own);
        seen.add(family);
    }
}

function keepSubnet(now: XMLBuilder, then: XMLBuilder, own: Own): void {
    for (const child of childrenOf(then)) if (nameOf(child) !== "dhcp") now.import(child);
    const foreign = childrenOf(childOf(then, "dhcp")).filter(
        (child) => nameOf(child) !== "range" && !(nameOf(child) === "host" && isOwnEntry(own.entries, entryOf(child))),
    );
    for (const child of foreign) need(now, "dhcp").import(child);
}

/** Return whether a declaration made an entry; that of a guest's reservation has no name. */
export function isOwnEntry(own: DhcpEntry[], { address, mac }: Partial<DhcpEntry>): boolean {
    return own.some((one) => one.address === address && one.mac === mac);
}

function entryOf(host: XMLBuilder): Partial<DhcpEntry> {
    const { ip, mac } = attributesOf(host);
    return { address: ip, mac: mac?.toLowerCase() };
}

function familyOf(ip: XMLBuilder): string {
    const { family, address = "" } = attributesOf(ip);
    return family === "ipv6" || address.includes(":") ? "ipv6" : "ipv4";
}

const ELEMENT = 1;
const nameOf = ({ node }: XMLBuilder): string => node.nodeName;

function childrenOf(parent: XMLBuilder | undefined): XMLBuilder[] {
    return parent?.filter((child) => child.node.nodeType === ELEMENT) ?? [];
}

function childOf(parent: XMLBuilder, name: string): XMLBuilder | undefined {
    return childrenOf(parent).find((child) => nameOf(child) === name);
}

function need(parent: XMLBuilder, name: string): XMLBuilder {
    return childOf(parent, name) ?? parent.ele(name);
}

function attributesOf({ node }: XMLBuilder): Record<string, string> {
    const { attributes } = node as unknown as { attributes: Iterable<{ name: string; value: string }> };
    return Object.fromEntries([...attributes].map(({ name, value }) => [name, value]));
}

function copyAttributes(from: XMLBuilder, to: XMLBuilder, leave: string[]): void {
    const there = attributesOf(to);
    for (const [name, value] of Object.entries(attributesOf(from)))
        if (!(name in there) && !leave.includes(name)) to.att(name, value);
}
