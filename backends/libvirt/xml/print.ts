import type { XMLBuilder } from "xmlbuilder2/lib/interfaces";

import { UnikernelError } from "../../../model";

// The used part of the DOM: the types of xmlbuilder2's nodes are in a dependency of its own.
interface Node {
    nodeType: number;
    data: string;
    attributes: Iterable<{ localName: string; value: string }>;
    childNodes: Iterable<unknown>;
}

const ELEMENT = 1;
const TEXT = 3;

/** Return a fragment or document as text. A parser reads the same values from it. */
export function print(builder: XMLBuilder, options: { prettyPrint: boolean }): string {
    const node: object = builder.node;
    escapeAll(node as Node);
    return builder.end({ headless: true, ...options });
}

/**
 * Escape what xmlbuilder2 leaves alone because it looks like an entity: `&amp;` in an argument, or in the definition
 * inside a mark, would otherwise come back as `&`.
 */
function escapeAll(node: Node): void {
    if (node.nodeType === TEXT) node.data = escaped(node.data).replaceAll("\r", "&#13;");
    if (node.nodeType === ELEMENT) {
        for (const attribute of node.attributes) {
            // XML 1.0, section 3.3.3: white space in attributes becomes blanks unless it is written as a reference.
            attribute.value = escaped(attribute.value).replaceAll(/[\t\n\r]/g, (found) => `&#${found.charCodeAt(0)};`);
        }
    }
    for (const child of node.childNodes as Iterable<Node>) escapeAll(child);
}

function escaped(text: string): string {
    // XML 1.0, section 2.2: the rest of the control characters cannot be written at all.
    const found = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.exec(text);
    if (found) {
        const code = found[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
        throw new UnikernelError(
            "invalid",
            `libvirt cannot be given the character U+${code}, in ${JSON.stringify(text.slice(0, 80))}`,
        );
    }
    return text.replaceAll(/&(?=\w+;|#)/g, "&amp;");
}
