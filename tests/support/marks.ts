import type { XMLBuilder } from "xmlbuilder2/lib/interfaces";
import type { Mark } from "../../backends/libvirt/model";
import { parse, print } from "../../backends/libvirt/xml/dom";
import { writeElement } from "../../backends/libvirt/xml/element";
import { markElement } from "../../backends/libvirt/xml/mark";
import { MARK_ELEMENT, MARK_PREFIX } from "../../backends/libvirt/xml/names";

/** Return the domain without this package's mark; metadata of other programs stays. */
export function withoutMark(domainXml: string): string {
    return print(removeMark(parse(domainXml, "domain")), { prettyPrint: true });
}

/** Return the domain with this mark in place of any other. */
export function withMark(domainXml: string, mark: Mark): string {
    const domain = removeMark(parse(domainXml, "domain"));
    const metadata = domain.find((child) => child.node.nodeName === "metadata") ?? domain.ele("metadata");
    metadata.import(parse(writeElement(markElement(mark)), `${MARK_PREFIX}:${MARK_ELEMENT}`));
    return print(domain, { prettyPrint: true });
}

function removeMark(domain: XMLBuilder): XMLBuilder {
    const metadata = domain.find((child) => child.node.nodeName === "metadata");
    const marks = metadata?.filter((child) => child.node.nodeName === `${MARK_PREFIX}:${MARK_ELEMENT}`) ?? [];
    for (const mark of marks) mark.remove();
    if (metadata && !metadata.some(() => true)) metadata.remove();
    return domain;
}
