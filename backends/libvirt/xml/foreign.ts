import type { XMLBuilder } from "xmlbuilder2/lib/interfaces";

import { parse, print } from "./dom";
import { MARK_ELEMENT, MARK_NAMESPACE, MARK_PREFIX } from "./names";
import { all, at, tree } from "./tree";

const TITLES = ["title", "description"];
const MARK = `${MARK_PREFIX}:${MARK_ELEMENT}`;

/**
 * Return a definition with the title, the description and the `<metadata>` elements that people and other tools wrote
 * into the former one (formatdomain, "General metadata"). None of them changes the guest.
 */
export function keepForeign(definition: string, before: string | undefined): string {
    if (before === undefined || !hasForeign(before)) return definition;
    const former = parse(before, "domain");
    const titles = former.filter((child) => TITLES.includes(child.node.nodeName));
    const others =
        metadataOf(former)?.filter((child) => child.node.nodeName !== MARK && child.node.nodeType === ELEMENT) ?? [];
    if (titles.length === 0 && others.length === 0) return definition;
    const domain = parse(definition, "domain");
    for (const title of titles) domain.import(title);
    const metadata = others.length === 0 ? undefined : (metadataOf(domain) ?? domain.ele("metadata"));
    for (const other of others) metadata?.import(other);
    // Without pretty-printing: white space inside foreign elements may have a meaning.
    return print(domain, { prettyPrint: false });
}

/** Return whether a definition may have any of that: most have none, and are read as plain data already. */
function hasForeign(definition: string): boolean {
    const domain = tree(definition, "domain");
    return (
        TITLES.some((name) => at(domain, name)) ||
        all(domain, "metadata").some(({ children }) =>
            children.some(({ name, namespace }) => name !== MARK_ELEMENT || namespace !== MARK_NAMESPACE),
        )
    );
}

/** Return the description in each given definition; "" where it has none. It is no fact of the guest. */
export function descriptionsIn(...definitions: (string | undefined)[]): string[] {
    return definitions.flatMap((xml) => (xml ? [at(tree(xml, "domain"), "description")?.text ?? ""] : []));
}

const ELEMENT = 1;

function metadataOf(domain: XMLBuilder): XMLBuilder | undefined {
    return domain.find((child) => child.node.nodeName === "metadata");
}
