import { Recent } from "../../../model";
import type { CapabilityFacts, DomainCapabilityFacts } from "../model";
import { all, at, type Tree, text, tree } from "./tree";

/** Hosts of one program; the XML of each has tens of kilobytes. */
const HOSTS = 16;
const known = new Recent<string, CapabilityFacts>(HOSTS);

/**
 * Return the facts in the XML of virConnectGetCapabilities. The same text is parsed once: every guest of a host asks
 * for it.
 */
export function readCapabilities(xml: string): CapabilityFacts {
    return known.get(xml) ?? known.set(xml, parseCapabilities(xml));
}

function parseCapabilities(xml: string): CapabilityFacts {
    const root = tree(xml, "capabilities");
    const arches = all(root, "guest")
        .flatMap((guest) => all(guest, "arch"))
        .filter((arch) => arch.attributes.name === "x86_64");
    return {
        hostUuid: text(root, "host", "uuid") ?? "",
        arch: text(root, "host", "cpu", "arch") ?? "",
        domainTypes: [
            ...new Set(arches.flatMap((arch) => all(arch, "domain")).map((domain) => domain.attributes.type ?? "")),
        ],
        emulator: arches.map((arch) => text(arch, "emulator")).find((path) => path !== undefined),
        qemuUser: readBaseLabel(root),
    };
}

/** Return the user of guests' processes by default: the DAC model's base label, `+UID:+GID`. */
function readBaseLabel(root: Tree): CapabilityFacts["qemuUser"] {
    const dac = all(at(root, "host"), "secmodel").find((model) => text(model, "model") === "dac");
    const match = /^\+(\d+):\+(\d+)$/.exec(text(dac, "baselabel") ?? "");
    return match ? { uid: Number(match[1]), gid: Number(match[2]) } : undefined;
}

/** Return the facts in the XML of virConnectGetDomainCapabilities. */
export function readDomainCapabilities(xml: string): DomainCapabilityFacts {
    const root = tree(xml, "domainCapabilities");
    const backends = all(at(root, "devices", "interface"), "enum").find((one) => one.attributes.name === "backendType");
    return {
        machine: text(root, "machine") ?? "",
        emulator: text(root, "path"),
        netBackends: all(backends, "value").map((value) => value.text),
    };
}
