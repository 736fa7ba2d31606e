import type { InterfaceModel, UserSource } from "../../model";
import { type Element, element, writeElement } from "../../xml";
import { slotAddress } from "../pci";

/**
 * Return one interface as virDomainUpdateDeviceFlags takes it. Not for QEMU's own user-mode network, which libvirt does
 * not know.
 */
export function renderInterface(nic: InterfaceModel): string {
    return writeElement(interfaceElement(nic));
}

/** Return the element of an interface. */
export function interfaceElement({ mac, source, model, slot }: InterfaceModel): Element {
    return element(
        "interface",
        { type: source.kind === "tap" ? "ethernet" : source.kind },
        element("mac", { address: mac }),
        source.kind === "network" ? element("source", { network: source.network }) : undefined,
        source.kind === "bridge" ? element("source", { bridge: source.bridge }) : undefined,
        // managed='no': libvirt neither makes nor removes a device that the user made.
        source.kind === "tap" ? element("target", { dev: source.tap, managed: "no" }) : undefined,
        model ? element("model", { type: model }) : undefined,
        ...(source.kind === "user" ? passt(source) : []),
        // No boot ROM: these guests never boot from the network, and loading one costs start time.
        slot === undefined ? undefined : element("rom", { enabled: "no" }),
        slotAddress(slot),
    );
}

/** libvirt 9.2 or newer (formatdomain, "Userspace connection using passt"). */
function passt({ forwards }: UserSource): Element[] {
    return [
        element("backend", { type: "passt" }),
        ...forwards.map(({ protocol, address, host, guest }) =>
            element(
                "portForward",
                { proto: protocol, address },
                element("range", { start: String(host), to: String(guest) }),
            ),
        ),
    ];
}
