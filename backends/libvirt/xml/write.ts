import type { Mark } from "../model";
import { type Element, element, writeLines } from "./element";
import { markElement } from "./mark";
import { QEMU_NAMESPACE } from "./names";

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
    return writeLines(
        element(
            "domain",
            { type },
            ...identity,
            mark && element("metadata", {}, markElement(mark)),
            ...elements,
            qemuArgs.length > 0
                ? element(
                      "qemu:commandline",
                      { "xmlns:qemu": QEMU_NAMESPACE },
                      ...qemuArgs.map((value) => element("qemu:arg", { value })),
                  )
                : undefined,
        ),
    );
}
