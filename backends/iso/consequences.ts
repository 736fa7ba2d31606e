import type { UnikernelSpec } from "../../spec";
import type { ConsequenceTable, PropertyConsequence } from "../backend";
import { live, rebuild, replace } from "../consequence";

const none = live("Means nothing on a medium; refused.");

/**
 * What changing each property of a unikernel does to a medium. A rebuild writes a new image beside the old one and then
 * takes its place; a machine that was booted from the old one runs on.
 */
export const isoConsequences: ConsequenceTable = {
    schemaVersion: live("The state's own form; the medium does not hold it."),
    urn: live("The medium does not hold it."),
    uuid: live("The medium does not hold it."),
    name: rebuild("The image's file is called by it, where `output` does not say otherwise."),
    platform: replace("The medium is deleted, and the guest made on a host."),
    connection: none,
    sshTarget: none,
    host: live("A medium is built where `pulumi up` runs; where its file is not there, it is built anew."),
    kernel: rebuild("The medium boots the new kernel. Only the content counts, not the path."),
    initrd: rebuild("The medium boots with the new initrd. Only the content counts, not the path."),
    guest: rebuild("The guest is told its configuration in another way."),
    args: rebuild("The configuration is baked in."),
    env: rebuild("The configuration is baked in."),
    hostname: rebuild("The configuration is baked in."),
    memory: live("What the machine is said to have: only the build looks at it, and says when it is too little."),
    maxMemory: none,
    vcpus: none,
    blocks: rebuild("The data images travel inside."),
    interfaces: rebuild("The addresses are baked in."),
    accelerator: none,
    state: none,
    onCrash: none,
    autostart: none,
    readiness: none,
    shutdownTimeout: none,
    gdb: none,
    qemuArgs: none,
    adopt: live("Whether a file that somebody else made is overwritten; one of ours is ours."),
    deleteData: none,
    keepLast: none,
    secrets: rebuild("The image's file becomes readable by its owner alone, or by all."),
    output: rebuild("The image is made at the new place, and the old one removed."),
    label: rebuild("The volume's name is part of the image."),
    console: rebuild("Boot loader and kernel are told where to show what they do."),
    burn: live("The image stays as it is; it is written to the new device, and the old one is left as it is."),
} satisfies Record<keyof UnikernelSpec, PropertyConsequence>;
