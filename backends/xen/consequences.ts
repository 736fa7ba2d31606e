import type { MediumSpec, UnikernelSpec } from "../../model";
import type { ConsequenceTable, PropertyConsequence } from "../backend";
import { live, restart, unsupportedOn } from "../consequence";
import { ofReservations, onHosts } from "../libvirt/consequences";
import { changeOfMemory } from "../libvirt/devices";

const unsupported = unsupportedOn("Xen", "restart");

/**
 * The consequence of a change of each property on Xen. A restart gives the domain a new number, but keeps uuid, MACs
 * and persist disks. Every property has a row: a property of the spec without one is a type error.
 */
const properties = {
    ...onHosts,
    sshTarget: live("Another way to the same dom0."),
    memory: {
        consequence: "restart",
        refine: (_from, _to, declared) => changeOfMemory(declared),
        why: "Live, by its balloon, for a guest that has one and was declared with `maxMemory`; else memory is what it booted with.",
    },
    maxMemory: restart("What the balloon may give is set when the domain is built."),
    vcpus: restart("The number of processors is set when the domain is built."),
    interfaces: restart(
        `Interfaces are plugged, and addresses set, when the guest boots; libvirt cannot move one that Xen has made. ${ofReservations}`,
    ),
    accelerator: unsupported("Xen runs its guests itself: there is no accelerator to choose"),
    onCrash: restart("libvirt takes note of it when the domain is started."),
    gdb: restart("A debugger's port is opened for a domain number, when the guest is started."),
    qemuArgs: unsupported("no QEMU runs the guest, so none would read them"),
} satisfies Record<Exclude<keyof UnikernelSpec, keyof MediumSpec>, PropertyConsequence>;

export const xenConsequences: ConsequenceTable = properties;
