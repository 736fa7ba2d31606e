import type { Attach, MediumSpec, UnikernelSpec } from "../../spec";
import type { Consequence, ConsequenceTable, PropertyConsequence } from "../backend";
import { restart, unsupportedOn } from "../consequence";
import { onHosts } from "../libvirt/consequences";

const unsupported = unsupportedOn("KVM");

/**
 * What changing each property of a unikernel does on KVM. A restart keeps uuid, MACs and persist disks.
 * Every property has its row: the type fails when the spec gets one that has none.
 */
const properties = {
    ...onHosts,
    memory: restart("These guests have no balloon: memory is what they booted with."),
    maxMemory: unsupported("these guests have no balloon on KVM: memory is what they booted with"),
    sshTarget: unsupported("a guest on KVM needs nothing of its host but libvirt"),
    vcpus: restart("These guests cannot take a processor while they run."),
    interfaces: restart("Interfaces are plugged, and addresses set, when the guest boots."),
    accelerator: restart("QEMU chooses its accelerator when it starts."),
    onCrash: {
        consequence: "live",
        why: 'libvirt gets the action for the next crash. A change to or from "restart" starts QEMU again, since it has to treat resets in another way.',
        refine: crashes,
    },
    gdb: restart("QEMU opens the debugger's port when it starts."),
    qemuArgs: restart("QEMU reads its arguments when it starts."),
} satisfies Record<Exclude<keyof UnikernelSpec, keyof MediumSpec>, PropertyConsequence>;

export const kvmConsequences: ConsequenceTable = {
    ...properties,
    "interfaces[].attach": {
        consequence: "restart",
        refine: plugs,
        why: "From one network or bridge to another is live, like a cable that is plugged elsewhere: a guest with DHCP keeps its old address until it asks again. To or from a network without a bridge (it forwards by macvtap), or one that the preview cannot see, it is a restart, as is anything else.",
    },
};

/** libvirt moves the source of an interface where both sides are switches of the host (qemuDomainChangeNet); whether a network is one, its host knows. */
function plugs(from: unknown, to: unknown): Consequence {
    return isSwitch(from) && isSwitch(to) ? "live" : "restart";
}

function isSwitch(attach: unknown): boolean {
    const { network, bridge } = (attach ?? {}) as Partial<Record<"network" | "bridge", unknown>> & Partial<Attach>;
    return typeof network === "string" || typeof bridge === "string";
}

/** A guest that crashes often resets: the model sends both down one road. */
function crashes(from: unknown, to: unknown): Consequence {
    return from === "restart" || to === "restart" ? "restart" : "live";
}
