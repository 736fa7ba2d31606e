import { Recent, UnikernelError } from "../../../model";
import { depthOf } from "./depth";

/** An element as plain data. Names are without prefix. */
export interface Tree {
    readonly name: string;
    readonly namespace: string;
    readonly attributes: Readonly<Record<string, string>>;
    readonly children: readonly Tree[];
    /** All text directly inside. */
    readonly text: string;
}

/** libxml2's limit (parserInternals.h, xmlParserMaxDepth), which libvirt has too. */
const DEEPEST = 256;

/** Throw `internal` with the expected name of the root for a text that is no document, or one that is too deep. */
export function assertDocument(xml: string, root: string): void {
    if (!/^\s*</.test(xml))
        throw new UnikernelError(
            "internal",
            `unreadable XML where <${root}> was expected: it begins with ${JSON.stringify(xml.slice(0, 40))}`,
        );
    if (depthOf(xml) > DEEPEST)
        throw new UnikernelError("internal", `XML of more than ${DEEPEST} levels where <${root}> was expected`);
}

/** Return the error of a document that cannot be read, or whose root has another name than expected. */
export function unexpected(root: string, found?: string, cause?: unknown): UnikernelError {
    const what = found === undefined ? "unreadable XML" : `<${found}>`;
    return new UnikernelError("internal", `${what} where <${root}> was expected`, { cause });
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
    assertDocument(xml, root);
    return parsed.set(xml, read(xml, root));
}

type Open = Tree & { attributes: Record<string, string>; children: Tree[]; text: string };

/** Build the tree while the parser goes through the text: a tenth of the time of a DOM, and of loading one. */
function read(xml: string, root: string): Tree {
    const { SaxesParser } = require("saxes") as typeof import("saxes");
    const parser = new SaxesParser({ xmlns: true });
    const open: Open[] = [];
    let whole: Open | undefined;
    parser.on("error", (error) => {
        throw error;
    });
    parser.on("opentag", ({ local, uri, attributes }) => {
        const values = Object.values(attributes).map((one) => [one.local, one.value]);
        const element: Open = {
            name: local,
            namespace: uri,
            attributes: Object.fromEntries(values),
            children: [],
            text: "",
        };
        open.at(-1)?.children.push(element);
        whole ??= element;
        open.push(element);
    });
    parser.on("closetag", () => open.pop());
    for (const event of ["text", "cdata"] as const)
        parser.on(event, (text) => {
            const element = open.at(-1);
            if (element) element.text += text;
        });
    try {
        parser.write(xml).close();
    } catch (cause) {
        throw unexpected(root, undefined, cause);
    }
    if (whole?.name !== root) throw unexpected(root, whole?.name);
    return whole;
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
