import type { Attach, InterfaceSpec } from "../../../../model";
import type { DomainFacts } from "../../model";
import { at, type Tree } from "../../xml";
import type { Placed } from "../foreignCommandline";
import type { Notes } from "../notes";
import { pciOrder } from "../pci";
import { readForwards } from "./read";

const INDIFFERENT = new Set([
    "mac",
    "source",
    "target",
    "model",
    "address",
    "alias",
    "boot",
    "rom",
    "driver",
    "backend",
    "portForward",
]);
const TUNING = new Set(["bandwidth", "mtu", "tune", "coalesce", "guest", "acpi"]);

/**
 * Return how the interfaces of a definition could be declared: one of another kind than the four stands as a tap
 * without a name.
 */
export function declarable({ interfaces, forwards }: Pick<DomainFacts, "interfaces" | "forwards">): InterfaceSpec[] {
    return interfaces.map(({ mac, kind, source = "" }) => {
        switch (kind) {
            case "user":
                return { mac, attach: { user: { forward: forwards } } };
            case "network":
                return { mac, attach: { network: source } };
            case "bridge":
                return { mac, attach: { bridge: source } };
            default:
                return { mac, attach: { tap: source } };
        }
    });
}

/** Return an interface of a definition that this package may not have written, as it could be declared. */
export function declare(nic: Tree, notes: Notes): Placed[] {
    const mac = at(nic, "mac")?.attributes.address?.toLowerCase() ?? "";
    const named = `interface ${mac}`;
    const attach = declareAttach(nic, named, notes);
    const model = at(nic, "model")?.attributes.type ?? "the hypervisor's default";
    if (!/^virtio(-(non-)?transitional)?$/.test(model)) notes.refuse(`${named} of model ${model}`);
    for (const child of nic.children) {
        if (TUNING.has(child.name)) notes.drop(`${child.name} of ${named}`);
        else if (child.name === "link" && child.attributes.state === "up") continue;
        else if (!INDIFFERENT.has(child.name)) notes.refuse(`${child.name} of ${named}`);
    }
    return attach ? [{ mac, attach, order: pciOrder(nic) }] : [];
}

function declareAttach(nic: Tree, named: string, notes: Notes): Attach | undefined {
    const { type = "" } = nic.attributes;
    const { network, bridge, portgroup } = at(nic, "source")?.attributes ?? {};
    const { dev, managed } = at(nic, "target")?.attributes ?? {};
    if (portgroup) notes.refuse(`port group ${portgroup} of ${named}`);
    if (network) return { network };
    if (type === "bridge" && bridge) return { bridge };
    if (type === "user") return { user: { forward: readForwards(nic) } };
    if (type === "ethernet" && dev && managed === "no") return { tap: dev };
    notes.refuse(`${named} of type ${type}${type === "ethernet" ? ", whose device libvirt makes" : ""}`);
    return undefined;
}
