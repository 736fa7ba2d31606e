import type { DomainFacts } from "../model";
import { at, tree } from "../xml";
import { readQemu } from "./commandline";
import type { DefinitionTree } from "./device";
import { DEVICES, type FactsOfDevices } from "./list";
import { passedArguments } from "./qemuArguments";

/**
 * Return what a domain's definition says, in the model's terms: the same for what was rendered and for what libvirt
 * returns of it.
 */
export function readFacts(domainXml: string): DomainFacts {
    const domain = tree(domainXml, "domain");
    const definition: DefinitionTree = {
        domain,
        devices: at(domain, "devices"),
        qemu: readQemu(passedArguments(domain)),
    };
    const facts: FactsOfDevices = Object.assign({}, ...DEVICES.map((device) => device.read?.(definition)));
    return facts;
}
