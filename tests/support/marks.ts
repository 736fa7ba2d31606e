import type { XMLBuilder } from "xmlbuilder2/lib/interfaces";
import type { Mark } from "../../backends/libvirt/model";
import { addMark } from "../../backends/libvirt/xml/mark";
import { MARK_ELEMENT, MARK_PREFIX } from "../../backends/libvirt/xml/names";
import { print } from "../../backends/libvirt/xml/print";
import { parse } from "../../backends/libvirt/xml/tree";

/** The same domain without our mark; metadata of others stays. */
export function withoutMark(domainXml: string): string {
    return print(removeMark(parse(domainXml, "domain")), { prettyPrint: true });
}

/** The same domain with this mark instead of any that it had. */
export function withMark(domainXml: string, mark: Mark): string {
    const domain = removeMark(parse(domainXml, "domain"));
    addMark(domain, mark);
    return print(domain, { prettyPrint: true });
}

function removeMark(domain: XMLBuilder): XMLBuilder {
    const metadata = domain.find((child) => child.node.nodeName === "metadata");
    const marks = metadata?.filter((child) => child.node.nodeName === `${MARK_PREFIX}:${MARK_ELEMENT}`) ?? [];
    for (const mark of marks) mark.remove();
    if (metadata && !metadata.some(() => true)) metadata.remove();
    return domain;
}
