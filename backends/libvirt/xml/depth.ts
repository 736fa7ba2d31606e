/** What stands between < and > without being an element: where it ends. */
const ASIDES: [begin: string, end: string][] = [
    ["<!--", "-->"],
    ["<![CDATA[", "]]>"],
    ["<?", "?>"],
    ["<!", ">"],
];

/**
 * Return how deep the elements of a document are nested at most, without making a tree of it: the library needs the square of the
 * depth in time, and the functions that walk its tree a frame of the stack for each level. What is cut short counts as far as it goes.
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

/** A > between quotes is a part of an attribute's value. */
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
