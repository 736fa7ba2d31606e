import type { XMLBuilder } from "xmlbuilder2/lib/interfaces";
import { parse, print } from "./dom";

/**
 * Return the domain without its displays' passwords, for places that read-only connections can read. An empty password
 * locks a display (qemu.conf, vnc_password and spice_password); without the attribute it would be open to everyone.
 */
export function withLockedDisplays(domainXml: string): string {
    if (!domainXml.includes("passwd")) return domainXml;
    const domain = parse(domainXml, "domain");
    domain.each(
        (node: XMLBuilder) => {
            const element: object = node.node;
            if (node.node.nodeName !== "graphics" || !("hasAttribute" in element)) return;
            if ((element as Element).hasAttribute("passwd")) node.att("passwd", "");
        },
        false,
        true,
    );
    return print(domain, { prettyPrint: true });
}

interface Element {
    hasAttribute(name: string): boolean;
}
