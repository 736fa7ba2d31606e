/** The ends of markup that is no element, by its beginning. */
const ASIDES: [begin: string, end: string][] = [
    ["<!--", "-->"],
    ["<![CDATA[", "]]>"],
    ["<?", "?>"],
    ["<!", ">"],
];

/**
 * Return the greatest depth of elements in a document, without a tree of it: the library needs time by the square of
 * the depth, and each level is a stack frame when its tree is walked. A truncated document counts up to its end.
 */
export function depthOf(xml: string): number {
    let depth = 0;
    let deepest = 0;
    for (let at = xml.indexOf("<"); at >= 0; at = xml.indexOf("<", at)) {
        const aside = ASIDES.find(([begin]) => xml.startsWith(begin, at));
        const end = aside ? xml.indexOf(aside[1], at + aside[0].length) : endOfTag(xml, at);
        if (end < 0) break;
        if (!aside && xml[at + 1] === "/") depth--;
        else if (!aside && xml[end - 1] !== "/") deepest = Math.max(deepest, ++depth);
        at = end + 1;
    }
    return deepest;
}

/** Return the end of a tag. A > between quotes is part of an attribute's value. */
function endOfTag(xml: string, begin: number): number {
    let quote = "";
    for (let at = begin + 1; at < xml.length; at++) {
        const character = xml[at]!;
        if (quote !== "") quote = character === quote ? "" : quote;
        else if (character === ">") return at;
        else if (character === '"' || character === "'") quote = character;
    }
    return -1;
}
