import { all, at, type Tree, tree } from "../tree";

/** Elements of a network's definition, and their attributes, that a declaration can say. */
const KNOWN: Record<string, Record<string, true | RegExp>> = {
    name: {},
    uuid: {},
    metadata: {},
    forward: { mode: /^(nat|route|bridge)$/ },
    bridge: { name: true, stp: true, delay: true, zone: true, macTableManager: /^kernel$/ },
    mac: { address: true },
    mtu: { size: true },
    domain: { name: true, localOnly: /^yes$/ },
    dns: {},
    ip: { family: true, address: true, prefix: true, netmask: true },
};
const IN_DNS = ["forwarder", "host"];
const IN_DHCP = ["range", "host"];

/**
 * Return what a network's definition has and no argument declares. A redefinition keeps it where it is beside the
 * declared parts; a program cannot say it.
 */
export function undeclarable(xml: string): string[] {
    const network = tree(xml, "network");
    const families = all(network, "ip").map(({ attributes: { family = "ipv4" } }) => family);
    const bridge = at(network, "bridge")?.attributes.name;
    return [
        ...network.children.flatMap((child) => {
            const attributes = KNOWN[child.name];
            return attributes ? [...unknownAttributes(child, attributes), ...within(child)] : [`<${child.name}>`];
        }),
        ...(new Set(families).size < families.length ? ["a second <ip> of one family"] : []),
        ...(at(network, "forward")?.attributes.mode === "bridge" && bridge === undefined
            ? ["<forward mode='bridge'> without a bridge"]
            : []),
    ];
}

function unknownAttributes({ name, attributes }: Tree, known: Record<string, true | RegExp>): string[] {
    return Object.entries(attributes).flatMap(([key, value]) => {
        const allowed = known[key];
        return allowed === true || allowed?.test(value) ? [] : [`<${name} ${key}='${value}'>`];
    });
}

function within(child: Tree): string[] {
    // libvirt writes the ports of a network with NAT even where they are its default.
    if (child.name === "forward")
        return child.children
            .filter(({ name, children }) => !(name === "nat" && children.every(isUsualPorts)))
            .map(({ name }) => `<${name}> in <forward>`);
    if (child.name === "dns")
        return [
            ...child.children
                .filter(({ name, attributes: { port } }) => !IN_DNS.includes(name) || port !== undefined)
                .map(({ name }) => `<${name}> in <dns>`),
            ...Object.keys(child.attributes).map((name) => `${name} of <dns>`),
        ];
    if (child.name !== "ip") return [];
    const dhcp = at(child, "dhcp");
    return [
        ...child.children.filter(({ name }) => name !== "dhcp").map(({ name }) => `<${name}> in <ip>`),
        ...(dhcp?.children ?? [])
            .filter(({ name, children }) => !IN_DHCP.includes(name) || children.length > 0)
            .map(({ name }) => `<${name}> in <dhcp>`),
        ...(all(dhcp, "range").length > 1 ? ["a second <range> of DHCP"] : []),
    ];
}

const isUsualPorts = ({ name, attributes: { start, end } }: Tree): boolean =>
    name === "port" && start === "1024" && end === "65535";
