import type { Attach, MediumSpec, UnikernelSpec } from "../../spec";
import type { Consequence, ConsequenceTable, PropertyConsequence } from "../backend";
import { live, replace, restart, unsupportedOn } from "../consequence";

const unsupported = unsupportedOn("KVM");

/**
 * What changing each property of a unikernel does on KVM. A restart keeps uuid, MACs and persist disks.
 * Every property stands here: the type fails when the spec gets one that does not.
 */
const properties = {
    schemaVersion: live("The state's own form; the guest never sees it."),
    urn: live("Only the mark on the domain changes."),
    uuid: replace("The uuid is the domain's identity."),
    name: replace("libvirt refuses a second name for a uuid."),
    description: live("The domain's `<description>` is written, also while the guest runs."),
    platform: replace("The guest moves to another hypervisor."),
    connection: live(
        "Another way to the same host is no change; another host is a replace, decided by the host's uuid.",
    ),
    host: replace("The guest moves to another host; persist disks do not move with it."),
    kernel: restart("The guest boots from the new kernel. Only the content counts, not the path."),
    initrd: restart("The guest boots with the new initrd. Only the content counts, not the path."),
    guest: restart("The guest is told its configuration in another way."),
    args: restart("A guest reads its arguments when it boots."),
    env: restart("A guest reads its environment when it boots."),
    hostname: restart("A guest reads its host name when it boots."),
    memory: restart("These guests have no balloon: memory is what they booted with."),
    maxMemory: unsupported("these guests have no balloon on KVM: memory is what they booted with"),
    sshTarget: unsupported("a guest on KVM needs nothing of its host but libvirt"),
    vcpus: restart("These guests cannot take a processor while they run."),
    blocks: restart("Disks are plugged when the guest boots."),
    interfaces: restart("Interfaces are plugged, and addresses set, when the guest boots."),
    accelerator: restart("QEMU chooses its accelerator when it starts."),
    state: live("The guest is started, stopped, paused or resumed; what it booted from stays."),
    onCrash: {
        consequence: "live",
        why: 'libvirt is told what to do at the next crash; to or from "restart" QEMU starts anew, as it has to treat resets otherwise.',
        refine: crashes,
    },
    autostart: live("A flag of the host's for its own next boot."),
    readiness: live("How an update waits; the guest never sees it."),
    shutdownTimeout: live("How a stop waits; the guest never sees it."),
    gdb: restart("QEMU opens the debugger's port when it starts."),
    qemuArgs: restart("QEMU reads its arguments when it starts."),
    adopt: live("Whether a guest of somebody else is taken over; one of ours is ours."),
    deleteData: live("What a delete does; nothing before."),
    keepLast: live("How many former files of a persist disk stay on the host; nothing before the next update."),
    secrets: restart("The configuration moves to a file that only this guest can read, or back."),
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
