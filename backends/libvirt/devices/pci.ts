import type { PciSlot } from "../model";
import { at, type Element, element, type Tree } from "../xml";

/** Return the address of a slot on the root bus; undefined where there is no PCI. */
export function slotAddress(slot: PciSlot | undefined): Element | undefined {
    if (slot === undefined) return undefined;
    return element("address", {
        type: "pci",
        domain: "0x0000",
        bus: "0x00",
        slot: `0x${slot.toString(16).padStart(2, "0")}`,
        function: "0x0",
    });
}

/** Return a number by which devices sort as a guest finds them: by PCI address; one without comes last. */
export function pciOrder(device: Tree): number {
    const { type, domain, bus, slot, function: part } = at(device, "address")?.attributes ?? {};
    if (type !== "pci" && slot === undefined) return Number.MAX_SAFE_INTEGER;
    return [domain, bus, slot, part].reduce((order, number) => order * 256 + (Number(number ?? 0) || 0), 0);
}
