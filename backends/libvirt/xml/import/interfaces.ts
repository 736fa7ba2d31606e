import type { Attach } from "../../../../spec";
import { readForwards } from "../facts";
import { all, at, type Tree } from "../tree";
import { placeOf } from "./disks";
import type { Declared, Notes } from "./notes";

/** An interface with its place among the guest's. */
export type Placed = Declared["interfaces"][number] & { place: number };

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

/** formatdomain, "Network interfaces". */
export function readInterfaces(devices: Tree | undefined, notes: Notes): Placed[] {
    return all(devices, "interface").flatMap((element) => {
        const mac = at(element, "mac")?.attributes.address?.toLowerCase() ?? "";
        const named = `interface ${mac}`;
        const attach = attachOf(element, named, notes);
        const model = at(element, "model")?.attributes.type ?? "the hypervisor's default";
        if (!/^virtio(-(non-)?transitional)?$/.test(model)) notes.refuse(`${named} of model ${model}`);
        for (const child of element.children) {
            if (TUNING.has(child.name)) notes.drop(`${child.name} of ${named}`);
            else if (child.name === "link" && child.attributes.state === "up") continue;
            else if (!INDIFFERENT.has(child.name)) notes.refuse(`${child.name} of ${named}`);
        }
        return attach ? [{ mac, attach, place: placeOf(element) }] : [];
    });
}

function attachOf(element: Tree, named: string, notes: Notes): Attach | undefined {
    const { type = "" } = element.attributes;
    const { network, bridge, portgroup } = at(element, "source")?.attributes ?? {};
    const { dev, managed } = at(element, "target")?.attributes ?? {};
    if (portgroup) notes.refuse(`port group ${portgroup} of ${named}`);
    if (type === "network" && network) return { network };
    if (type === "bridge" && bridge) return { bridge };
    if (type === "user") return { user: { forward: readForwards(element) } };
    if (type === "ethernet" && dev && managed === "no") return { tap: dev };
    notes.refuse(`${named} of type ${type}${type === "ethernet" ? ", whose device libvirt makes" : ""}`);
    return undefined;
}
