import type { XMLBuilder } from "xmlbuilder2/lib/interfaces";
import type { Mark } from "../model";
import { library } from "./library";
import { addMark } from "./mark";
import { QEMU_NAMESPACE } from "./names";
import { print } from "./print";

/** An element as plain data, to be written: attributes and children stay in their order. */
export interface Element {
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

/** Return one element as a text of its own, on one line. */
export function writeElement(child: Element): string {
    const fragment = library().fragment();
    write(fragment, child);
    return print(fragment, { prettyPrint: false });
}

/**
 * Return a domain's definition (libvirt: formatdomain).
 * @param identity elements before the mark
 * @param qemuArgs arguments that libvirt passes on to QEMU
 */
export function writeDomain({
    type,
    identity,
    mark,
    elements,
    qemuArgs,
}: {
    type: string;
    identity: Element[];
    mark: Mark | undefined;
    elements: Element[];
    qemuArgs: string[];
}): string {
    const domain = library().create().ele("domain", { type });
    for (const child of identity) write(domain, child);
    if (mark) addMark(domain, mark);
    for (const child of elements) write(domain, child);
    if (qemuArgs.length > 0) {
        const commandline = domain.ele(QEMU_NAMESPACE, "qemu:commandline");
        for (const value of qemuArgs) commandline.ele(QEMU_NAMESPACE, "qemu:arg").att("value", value);
    }
    return print(domain, { prettyPrint: true });
}

function write(parent: XMLBuilder, { name, attributes, children }: Element): void {
    const written = parent.ele(name, attributes);
    for (const child of children) {
        if (typeof child === "string") written.txt(child);
        else write(written, child);
    }
}
