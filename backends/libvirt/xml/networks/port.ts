import { type Element, element, writeElement } from "../element";
import { all, at, type Tree, tree } from "../tree";

/** An interface of a domain on a network or a bridge. */
export interface Port {
    mac: string;
    kind: "network" | "bridge";
    source: string;
    element: Tree;
}

/** Return the interfaces of a domain's definition that are on a network or on a bridge, and the domain's type. */
export function readPorts(domainXml: string): { type: string; ports: Port[] } {
    const domain = tree(domainXml, "domain");
    const ports = all(at(domain, "devices"), "interface").flatMap((nic): Port[] => {
        const { type } = nic.attributes;
        const source = at(nic, "source")?.attributes ?? {};
        if (type !== "network" && type !== "bridge") return [];
        // Over a bridge of the host's, libvirt writes a running one as of type bridge, with its network beside it.
        const kind = source.network === undefined ? type : "network";
        const name = source[kind];
        if (name === undefined) return [];
        return [
            {
                mac: at(nic, "mac")?.attributes.address?.toLowerCase() ?? "",
                kind,
                source: name,
                element: nic,
            },
        ];
    });
    return { type: domain.attributes.type ?? "", ports };
}

/** What libvirt adds to the source of a running domain's interface. */
const LIVE = new Set(["portid", "bridge"]);

/** Return the definition of an interface that is to be on another network, for virDomainUpdateDeviceFlags. */
export function renderMoved(nic: Tree, network: string): string {
    return writeElement(moved(nic, network));
}

function moved(nic: Tree, network: string): Element {
    const whole = elementOf(nic);
    return {
        ...whole,
        attributes: { ...whole.attributes, type: "network" },
        children: whole.children.map((child) =>
            typeof child === "string" || child.name !== "source"
                ? child
                : {
                      ...child,
                      attributes: {
                          ...Object.fromEntries(Object.entries(child.attributes).filter(([name]) => !LIVE.has(name))),
                          network,
                      },
                  },
        ),
    };
}

/** libvirt's own elements have no namespace. */
function elementOf({ name, attributes, children, text: inside }: Tree): Element {
    const content = inside.trim() === "" ? undefined : inside;
    return element(name, { ...attributes }, content, ...children.map(elementOf));
}
