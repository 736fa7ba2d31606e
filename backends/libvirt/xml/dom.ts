import type { XMLBuilder } from "xmlbuilder2/lib/interfaces";
import { library } from "./library";
import { assertDocument, unexpected } from "./tree";

/**
 * Parse a document that libvirt returned, to change it. Throws `internal` with the expected name of the root where it is
 * another document. To read one, `tree` is enough, and much faster.
 */
export function parse(xml: string, root: string): XMLBuilder {
    // The library would parse JSON and YAML too.
    assertDocument(xml, root);
    let builder: XMLBuilder;
    try {
        // xmlbuilder2 decodes names before numbers, so that `&amp;#10;` would become a line break; `&#35;` is a `#`.
        builder = library().create(xml.replaceAll("&amp;#", "&amp;&#35;")).root();
    } catch (cause) {
        throw unexpected(root, undefined, cause);
    }
    if (builder.node.nodeName !== root) throw unexpected(root, builder.node.nodeName);
    return builder;
}
