import type { XMLBuilder } from "xmlbuilder2/lib/interfaces";

import { MARK_ELEMENT, MARK_PREFIX } from "./names";
import { print } from "./print";
import { at, parse, tree } from "./tree";

const TITLES = ["title", "description"];
const MARK = `${MARK_PREFIX}:${MARK_ELEMENT}`;

/**
 * A definition with what people and other tools have written about the domain in the one before: title, description, and
 * their own elements of `<metadata>` (formatdomain, "General metadata"). Nothing of it changes what the guest is.
 */
export function keepForeign(definition: string, before: string | undefined): string {
    if (before === undefined) return definition;
    const former = parse(before, "domain");
    const titles = former.filter((child) => TITLES.includes(child.node.nodeName));
    const others =
        metadataOf(former)?.filter((child) => child.node.nodeName !== MARK && child.node.nodeType === ELEMENT) ?? [];
    if (titles.length === 0 && others.length === 0) return definition;
    const domain = parse(definition, "domain");
    for (const title of titles) domain.import(title);
    const metadata = others.length === 0 ? undefined : (metadataOf(domain) ?? domain.ele("metadata"));
    for (const other of others) metadata?.import(other);
    // As it is: white space inside of what others wrote may mean something to them.
    return print(domain, { prettyPrint: false });
}

/** Return the description in each definition that there is; "" where it has none. No fact of the guest. */
export function descriptionsIn(...definitions: (string | undefined)[]): string[] {
    return definitions.flatMap((xml) => (xml ? [at(tree(xml, "domain"), "description")?.text ?? ""] : []));
}

const ELEMENT = 1;

function metadataOf(domain: XMLBuilder): XMLBuilder | undefined {
    return domain.find((child) => child.node.nodeName === "metadata");
}
