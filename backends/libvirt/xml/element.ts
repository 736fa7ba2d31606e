import { UnikernelError } from "../../../model";

/** An element as plain data, to be written: attributes and children stay in their order. */
export interface Element {
    /** With its prefix, if it has one. */
    name: string;
    attributes: Record<string, string>;
    children: (Element | string)[];
}

/** Return an element. Children that are undefined are left out. */
export function element(
    name: string,
    attributes: Record<string, string> = {},
    ...children: (Element | string | undefined)[]
): Element {
    return { name, attributes, children: children.filter((child) => child !== undefined) };
}

/** Return an element as text, on one line. A parser reads the same values from it. */
export function writeElement(one: Element): string {
    return written(one, "", "");
}

/** Return an element as text with a line for each element, indented by two spaces a level. */
export function writeLines(one: Element): string {
    return written(one, "\n", "  ");
}

function written({ name, attributes, children }: Element, newline: string, indent: string): string {
    const opening = Object.entries(attributes).map(
        ([key, value]) => ` ${key}="${keepWhiteSpace(escaped(value).replaceAll('"', "&quot;"))}"`,
    );
    // White space beside text would become a part of it.
    const inline = children.some((child) => typeof child === "string");
    const inside = children.map((child) => {
        if (typeof child === "string") return keepReturns(escaped(child));
        return inline ? written(child, "", "") : `${newline}${indent}${written(child, newline + indent, indent)}`;
    });
    const content = inside.join("");
    return content === ""
        ? `<${name}${opening.join("")}/>`
        : `<${name}${opening.join("")}>${content}${inline ? "" : newline}</${name}>`;
}

/** XML 1.0, section 2.11: a parser turns a carriage return into a line feed unless it is written as a reference. */
export function keepReturns(text: string): string {
    return text.replaceAll("\r", "&#13;");
}

/** XML 1.0, section 3.3.3: white space in attributes becomes blanks unless it is written as a reference. */
export function keepWhiteSpace(text: string): string {
    return text.replaceAll(/[\t\n\r]/g, (found) => `&#${found.charCodeAt(0)};`);
}

function escaped(text: string): string {
    return writable(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** Return a text as it is. Throws `invalid` for a control character, which XML cannot express (1.0, section 2.2). */
export function writable(text: string): string {
    const found = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.exec(text);
    if (!found) return text;
    const code = found[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
    throw new UnikernelError(
        "invalid",
        `libvirt cannot be given the character U+${code}, in ${JSON.stringify(text.slice(0, 80))}`,
    );
}
