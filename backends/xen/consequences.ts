import type { MediumSpec, UnikernelSpec } from "../../spec";
import type { Consequence, ConsequenceTable, PropertyConsequence } from "../backend";
import { live, replace, restart, unsupportedOn } from "../consequence";

const unsupported = unsupportedOn("Xen", "restart");

/**
 * What changing each property of a unikernel does on Xen. A restart is a new domain number under the same uuid, with the
 * same MACs and persist disks. Every property stands here: the type fails when the spec gets one that does not.
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
    sshTarget: live("Another way to the same dom0."),
    host: replace("The guest moves to another host; persist disks do not move with it."),
    kernel: restart("The guest boots from the new kernel. Only the content counts, not the path."),
    initrd: restart("The guest boots with the new initrd. Only the content counts, not the path."),
    guest: restart("The guest is told its configuration in another way."),
    args: restart("A guest reads its arguments when it boots."),
    env: restart("A guest reads its environment when it boots."),
    hostname: restart("A guest reads its host name when it boots."),
    memory: {
        consequence: "restart",
        refine: balloons,
        why: "Live, by its balloon, for a guest that has one and was declared with `maxMemory`; else memory is what it booted with.",
    },
    maxMemory: restart("What the balloon may give is set when the domain is built."),
    vcpus: restart("The number of processors is set when the domain is built."),
    blocks: restart("Disks are plugged when the guest boots."),
    interfaces: restart(
        "Interfaces are plugged, and addresses set, when the guest boots; libvirt cannot move one that Xen has made.",
    ),
    accelerator: unsupported("Xen runs its guests itself: there is no accelerator to choose"),
    state: live("The guest is started, stopped, paused or resumed; what it booted from stays."),
    onCrash: restart("libvirt takes note of it when the domain is started."),
    autostart: live("A flag of the host's for its own next boot."),
    readiness: live("How an update waits; the guest never sees it."),
    shutdownTimeout: live("How a stop waits; the guest never sees it."),
    gdb: restart("A debugger's port is opened for a domain number, when the guest is started."),
    qemuArgs: unsupported("no QEMU runs the guest, so none would read them"),
    adopt: live("Whether a guest of somebody else is taken over; one of ours is ours."),
    deleteData: live("What a delete does; nothing before."),
    keepLast: live("How many former files of a persist disk stay on the host; nothing before the next update."),
    secrets: restart("The configuration moves to a file that only this guest can read, or back."),
} satisfies Record<Exclude<keyof UnikernelSpec, keyof MediumSpec>, PropertyConsequence>;

export const xenConsequences: ConsequenceTable = properties;

/** check refuses `maxMemory` below memory, and for a guest without a balloon. */
function balloons(_from: unknown, _to: unknown, { maxMemory }: Pick<UnikernelSpec, "maxMemory">): Consequence {
    return maxMemory === undefined ? "restart" : "live";
}
