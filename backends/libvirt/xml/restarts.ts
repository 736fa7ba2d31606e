import { parse, print } from "./dom";

/** Return the domain with actions by which its host does not start it again after a crash or a reboot. */
export function withoutRestarts(domainXml: string): string {
    const domain = parse(domainXml, "domain");
    for (const name of ["on_crash", "on_reboot"]) domain.find((child) => child.node.nodeName === name)?.remove();
    // libvirt's own default for a crash is destroy, for a reboot it is restart (formatdomain, "Events configuration").
    domain.ele("on_crash").txt("destroy").up().ele("on_reboot").txt("destroy");
    return print(domain, { prettyPrint: true });
}
