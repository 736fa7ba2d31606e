import type { XMLBuilder } from "xmlbuilder2/lib/interfaces";

import { UnikernelError } from "../../../model";

// What we use of the DOM: xmlbuilder2's nodes have their types in a dependency of its own.
interface Node {
    nodeType: number;
    data: string;
    attributes: Iterable<{ localName: string; value: string }>;
    childNodes: Iterable<unknown>;
}

const ELEMENT = 1;
const TEXT = 3;

/** One fragment or document as text; what was put in is what a parser gets out. */
export function print(builder: XMLBuilder, options: { prettyPrint: boolean }): string {
    const node: object = builder.node;
    escapeAll(node as Node);
    return builder.end({ headless: true, ...options });
}

/**
 * xmlbuilder2 leaves alone what looks like an entity already, so that `&amp;` in an argument, or in a whole definition
 * that the mark carries, would come back as `&`.
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
