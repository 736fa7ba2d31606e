import type { XMLBuilder } from "xmlbuilder2/lib/interfaces";
import { Recent, UnikernelError } from "../../../model";
import { depthOf } from "./depth";
import { library } from "./library";

/** An element as plain data. Names are without prefix. */
export interface Tree {
    readonly name: string;
    readonly namespace: string;
    readonly attributes: Readonly<Record<string, string>>;
    readonly children: readonly Tree[];
    /** All text directly inside. */
    readonly text: string;
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

/** One guest's definitions, and those of the guests that run beside it at the same time. */
const DOCUMENTS = 64;
const parsed = new Recent<string, Tree>(DOCUMENTS);

/**
 * Parse a document to plain data. A text that was read recently is not parsed again: the facts and the mark of a domain
 * come from one document, which an operation reads several times.
 */
export function tree(xml: string, root: string): Tree {
    const known = parsed.get(xml);
    if (known?.name === root) return known;
    const node: object = parse(xml, root).node;
    return parsed.set(xml, plain(node as Element));
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
    const attributes: Record<string, string> = {};
    const children: Tree[] = [];
    let text = "";
    for (const { localName, value } of element.attributes) attributes[localName] = value;
    for (const child of element.childNodes as Iterable<Node>) {
        if (child.nodeType === ELEMENT) children.push(plain(child as Element));
        else if (child.nodeType === TEXT || child.nodeType === CDATA) text += child.nodeValue ?? "";
    }
    return { name: element.localName, namespace: element.namespaceURI ?? "", attributes, children, text };
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
