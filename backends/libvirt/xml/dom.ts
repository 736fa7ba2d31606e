import type { XMLBuilder } from "xmlbuilder2/lib/interfaces";
import { keepReturns, keepWhiteSpace, writable } from "./element";
import { assertDocument, unexpected } from "./tree";

/**
 * Parse a document that libvirt returned, to change it. Throws `internal` with the expected name of the root where it is
 * another document. To read one, `tree` is enough, and much faster.
 */
export function parse(xml: string, root: string): XMLBuilder {
    // The library would parse JSON and YAML too.
    assertDocument(xml, root);
    // Loaded when first used: only what others wrote into a definition needs it.
    const { create } = require("xmlbuilder2") as typeof import("xmlbuilder2");
    let builder: XMLBuilder;
    try {
        // xmlbuilder2 decodes names before numbers, so that `&amp;#10;` would become a line break; `&#35;` is a `#`.
        builder = create(xml.replaceAll("&amp;#", "&amp;&#35;")).root();
    } catch (cause) {
        throw unexpected(root, undefined, cause);
    }
    if (builder.node.nodeName !== root) throw unexpected(root, builder.node.nodeName);
    return builder;
}

// The used part of the DOM: the types of xmlbuilder2's nodes are in a dependency of its own.
interface Node {
    nodeType: number;
    data: string;
    attributes: Iterable<{ localName: string; value: string }>;
    childNodes: Iterable<unknown>;
}

const ELEMENT = 1;
const TEXT = 3;

/** Return a document as text. A parser reads the same values from it. */
export function print(builder: XMLBuilder, options: { prettyPrint: boolean }): string {
    const node: object = builder.node;
    escapeAll(node as Node);
    return builder.end({ headless: true, ...options });
}

/**
 * Escape what xmlbuilder2 leaves alone because it looks like an entity: `&amp;` in an argument, or in the definition
 * inside a mark, would otherwise come back as `&`. White space is escaped as in `writeElement`.
 */
function escapeAll(node: Node): void {
    if (node.nodeType === TEXT) node.data = keepReturns(escaped(node.data));
    if (node.nodeType === ELEMENT) {
        for (const attribute of node.attributes) attribute.value = keepWhiteSpace(escaped(attribute.value));
    }
    for (const child of node.childNodes as Iterable<Node>) escapeAll(child);
}

function escaped(text: string): string {
    return writable(text).replaceAll(/&(?=\w+;|#)/g, "&amp;");
}
