import type { XMLBuilder } from "xmlbuilder2/lib/interfaces";
import { UnikernelError } from "../../../model";
import { depthOf } from "./depth";
import { library } from "./library";

/** An element as plain data. Names are without prefix. */
export interface Tree {
    name: string;
    namespace: string;
    attributes: Record<string, string>;
    children: Tree[];
    /** All text directly inside. */
    text: string;
}

const ELEMENT = 1;
const TEXT = 3;
const CDATA = 4;

/** libxml2's limit (parserInternals.h, xmlParserMaxDepth), which libvirt has too. */
const DEEPEST = 256;

/**
 * Parse a document that libvirt returned. Throws `internal` with the expected name of the root where it is another
 * document.
 */
export function parse(xml: string, root: string): XMLBuilder {
    let builder: XMLBuilder;
    // The library would parse JSON and YAML too.
    if (!/^\s*</.test(xml))
        throw new UnikernelError(
            "internal",
            `unreadable XML where <${root}> was expected: it begins with ${JSON.stringify(xml.slice(0, 40))}`,
        );
    if (depthOf(xml) > DEEPEST)
        throw new UnikernelError("internal", `XML of more than ${DEEPEST} levels where <${root}> was expected`);
    try {
        // xmlbuilder2 decodes names before numbers, so that `&amp;#10;` would become a line break; `&#35;` is a `#`.
        builder = library().create(xml.replaceAll("&amp;#", "&amp;&#35;")).root();
    } catch (cause) {
        throw new UnikernelError("internal", `unreadable XML where <${root}> was expected`, { cause });
    }
    if (builder.node.nodeName !== root) {
        throw new UnikernelError("internal", `<${builder.node.nodeName}> where <${root}> was expected`);
    }
    return builder;
}

/** Parse a document to plain data. */
export function tree(xml: string, root: string): Tree {
    const node: object = parse(xml, root).node;
    return plain(node as Element);
}

// The used part of the DOM: xmlbuilder2 exports no types of its nodes.
interface Node {
    nodeType: number;
    nodeValue: string | null;
}
interface Element extends Node {
    localName: string;
    namespaceURI: string | null;
    attributes: Iterable<{ localName: string; value: string }>;
    childNodes: Iterable<unknown>;
}

function plain(element: Element): Tree {
    const result: Tree = {
        name: element.localName,
        namespace: element.namespaceURI ?? "",
        attributes: {},
        children: [],
        text: "",
    };
    for (const { localName, value } of element.attributes) result.attributes[localName] = value;
    for (const child of element.childNodes as Iterable<Node>) {
        if (child.nodeType === ELEMENT) result.children.push(plain(child as Element));
        else if (child.nodeType === TEXT || child.nodeType === CDATA) result.text += child.nodeValue ?? "";
    }
    return result;
}

/** Return the first element at a path of names below an element. */
export function at(from: Tree | undefined, ...path: string[]): Tree | undefined {
    return path.reduce((node, name) => node?.children.find((child) => child.name === name), from);
}

/** Return all children with a name. */
export function all(from: Tree | undefined, name: string): Tree[] {
    return from?.children.filter((child) => child.name === name) ?? [];
}

/** Return the text at a path; undefined when the element is missing or empty. */
export function text(from: Tree | undefined, ...path: string[]): string | undefined {
    return at(from, ...path)?.text.trim() || undefined;
}
