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
    const definition = readDefinition(domainXml);
    const facts: FactsOfDevices = Object.assign({}, ...DEVICES.map((device) => device.read?.(definition)));
    return facts;
}

export function readDefinition(domainXml: string): DefinitionTree {
    const domain = tree(domainXml, "domain");
    const args = passedArguments(domain);
    return { domain, devices: at(domain, "devices"), args, qemu: readQemu(args) };
}
