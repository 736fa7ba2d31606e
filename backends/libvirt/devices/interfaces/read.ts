import type { Forward } from "../../../../model";
import type { DomainFacts } from "../../model";
import { all, at, type Tree } from "../../xml";
import type { QemuFacts } from "../commandline";

type Facts = DomainFacts["interfaces"][number];

/** Return the interfaces of a definition in the guest's order. */
export function inSlotOrder(elements: Tree[], qemu: QemuFacts): Facts[] {
    const known = elements.map((nic, index) => ({
        // Without PCI addresses (Xen) the order of the document is the guest's.
        slot: Number(at(nic, "address")?.attributes.slot ?? index),
        interface: { mac: at(nic, "mac")?.attributes.address ?? "", ...readSource(nic) },
    }));
    const users = qemu.nets.map(({ mac, slot }) => ({ slot, interface: { mac, kind: "user" as const } }));
    return [...known, ...users].sort((one, other) => one.slot - other.slot).map((entry) => entry.interface);
}

function readSource(nic: Tree): Omit<Facts, "mac"> {
    const source = at(nic, "source")?.attributes;
    // libvirt writes a running one as of the type that its network made of it, bridge or direct, with the network beside it
    // (virDomainNetDefFormat, domain_conf.c).
    if (source?.network !== undefined) return { kind: "network", source: source.network };
    switch (nic.attributes.type) {
        case "user":
            return { kind: "user" };
        case "bridge":
            return { kind: "bridge", source: source?.bridge };
        case "ethernet":
            return { kind: "tap", source: at(nic, "target")?.attributes.dev };
        default:
            return { kind: "other" };
    }
}

/** Return the forwards of a user-mode network that passt serves. */
export function readForwards(nic: Tree): Forward[] {
    return all(nic, "portForward").flatMap(({ attributes: { proto, address = "0.0.0.0" }, children }) =>
        children.map(
            ({ attributes: range }): Forward => ({
                protocol: proto === "udp" ? "udp" : "tcp",
                address,
                host: Number(range.start),
                guest: Number(range.to ?? range.start),
            }),
        ),
    );
}
