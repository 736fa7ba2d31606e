import type { XMLBuilder } from "xmlbuilder2/lib/interfaces";
import { print } from "./print";
import { parse } from "./tree";

/**
 * The same domain without its displays' passwords, for where read-only connections may read it. An empty password locks a display
 * (qemu.conf, vnc_password and spice_password), while none would open it to everyone.
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
