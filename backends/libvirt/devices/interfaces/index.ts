import { attachKind } from "../../../../model";
import { all } from "../../xml";
import type { Device, ImportedTree } from "../device";
import type { Notes } from "../notes";
import { declare } from "./declare";
import { makeMoves, movesLive } from "./moves";
import { inSlotOrder, readForwards } from "./read";
import { interfaceElement } from "./render";
import { isQemuInterface, qemuInterface } from "./userNetwork";

/** Network interfaces (formatdomain, "Network interfaces"). */
export const interfaces = {
    arguments: ["interfaces"],
    render: (model) => ({
        devices: model.interfaces.filter((nic) => !isQemuInterface(nic)).map(interfaceElement),
        qemuArgs: model.interfaces
            .filter(isQemuInterface)
            .flatMap((nic, index) => qemuInterface(nic, index, model.machine)),
    }),
    read: ({ devices, qemu }) => {
        const elements = all(devices, "interface");
        return {
            interfaces: inSlotOrder(elements, qemu),
            forwards: [...qemu.nets.flatMap((net) => net.forwards), ...elements.flatMap(readForwards)],
        };
    },
    compared: (facts) => ({ interfaces: [facts.interfaces, facts.forwards] }),
    drift: (applied) => [
        {
            property: "interfaces",
            applied: applied.interfaces.map(({ mac, attach }) => {
                const kind = attachKind(attach);
                const source = Object.values(attach)[0];
                return { mac, kind, ...(typeof source === "string" ? { source } : {}) };
            }),
            seen: [
                (facts) =>
                    facts.interfaces.map(({ mac, kind, source }) => ({
                        mac,
                        kind,
                        ...(source === undefined || kind === "user" ? {} : { source }),
                    })),
            ],
        },
    ],
    live: { interfaces: { possible: movesLive, make: makeMoves } },
    import: {
        devices: { interface: () => {} },
        declare: ({ devices, commandline }: ImportedTree, notes: Notes) => ({
            interfaces: [...all(devices, "interface").flatMap((nic) => declare(nic, notes)), ...commandline.interfaces]
                .sort((one, other) => one.order - other.order)
                .map(({ mac, attach }) => ({ mac, attach })),
        }),
    },
} satisfies Device;

export { declarable } from "./declare";
export { changeOfAttach } from "./moves";
export { renderInterface } from "./render";
