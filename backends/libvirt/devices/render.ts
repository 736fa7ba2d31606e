import { UnikernelError } from "../../../model";
import type { DomainModel, Mark } from "../model";
import { type Element, element, writeDomain } from "../xml";
import { hypervisorOf } from "./hypervisor";
import { DEVICES } from "./list";

/**
 * The order of elements in a definition. libvirt takes any; a fixed one lets people compare two definitions by lines.
 */
const IDENTITY = ["name", "uuid"];
const DOMAIN = [
    "memory",
    "currentMemory",
    "vcpu",
    "os",
    "features",
    "cpu",
    "clock",
    "on_poweroff",
    "on_reboot",
    "on_crash",
];
const IN_DEVICES = ["disk", "interface", "controller", "serial", "console", "memballoon", "panic"];

/** Return the definition that virDomainDefineXML takes: no more than the model asks for. */
export function renderDomain(model: DomainModel, mark?: Mark): string {
    const rendered = DEVICES.flatMap((device) => device.render?.(model, hypervisorOf(model)) ?? []);
    const domain = rendered.flatMap((device) => device.domain ?? []);
    const devices = rendered.flatMap((device) => device.devices ?? []);
    assertOrdered(domain, [...IDENTITY, ...DOMAIN]);
    assertOrdered(devices, IN_DEVICES);
    return writeDomain({
        type: model.type,
        identity: pick(domain, IDENTITY),
        mark,
        elements: [...pick(domain, DOMAIN), element("devices", {}, ...pick(devices, IN_DEVICES))],
        qemuArgs: rendered.flatMap((device) => device.qemuArgs ?? []),
    });
}

/** Throw for an element that the order of elements does not have: it would be left out. */
function assertOrdered(elements: Element[], order: string[]): void {
    const lost = elements.find(({ name }) => !order.includes(name));
    if (lost) throw new UnikernelError("internal", `the order of elements in a definition lacks <${lost.name}>`);
}

/** Return the elements with these names, in their order. */
function pick(elements: Element[], names: string[]): Element[] {
    return names.flatMap((name) => elements.filter((element) => element.name === name));
}
