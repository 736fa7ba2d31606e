import type { MediumSpec, UnikernelSpec } from "../../model";
import type { ConsequenceTable, PropertyConsequence } from "../backend";
import { restart, unsupportedOn } from "../consequence";
import { ofReservations, onHosts } from "../libvirt/consequences";
import { changeOfCrashAction } from "../libvirt/devices/crash";
import { changeOfAttach } from "../libvirt/devices/interfaces/moves";

const unsupported = unsupportedOn("KVM");

/**
 * The consequence of a change of each property on KVM. A restart keeps uuid, MACs and persist disks.
 * Every property has a row: a property of the spec without one is a type error.
 */
const properties = {
    ...onHosts,
    memory: restart("These guests have no balloon: memory is what they booted with."),
    maxMemory: unsupported("these guests have no balloon on KVM: memory is what they booted with"),
    sshTarget: unsupported("a guest on KVM needs nothing of its host but libvirt"),
    vcpus: restart("These guests cannot take a processor while they run."),
    interfaces: restart(`Interfaces are plugged, and addresses set, when the guest boots. ${ofReservations}`),
    accelerator: restart("QEMU chooses its accelerator when it starts."),
    onCrash: {
        consequence: "live",
        why: 'libvirt gets the action for the next crash. A change to or from "restart" starts QEMU again, since it has to treat resets in another way.',
        refine: changeOfCrashAction,
    },
    gdb: restart("QEMU opens the debugger's port when it starts."),
    qemuArgs: restart("QEMU reads its arguments when it starts."),
} satisfies Record<Exclude<keyof UnikernelSpec, keyof MediumSpec>, PropertyConsequence>;

export const kvmConsequences: ConsequenceTable = {
    ...properties,
    "interfaces[].attach": {
        consequence: "restart",
        refine: changeOfAttach,
        why: "From one network or bridge to another is live, like a cable that is plugged elsewhere: a guest with DHCP keeps its old address until it asks again. To or from a network without a bridge (it forwards by macvtap), or one that the preview cannot see, it is a restart, as is anything else.",
    },
};
