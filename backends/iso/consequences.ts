import type { UnikernelSpec } from "../../model";
import type { ConsequenceTable, PropertyConsequence } from "../backend";
import { live, rebuild, replace, unsupportedOn } from "../consequence";

const unsupported = unsupportedOn("a medium");
const here = unsupported("a medium is built where pulumi runs, and no host is asked");
const running = "a medium is made, not run: the machine that boots it decides";
const cable = "a medium is plugged in nowhere: the cable of the machine that boots it decides";
const nameless = "a name is in the DNS of a libvirt network; for a machine it is the affair of the DNS server there";
const written = unsupported("a medium has no disks that are written to");

/**
 * The consequence of a change of each property on a medium. A rebuild writes a new image beside the old one and then
 * replaces it; a machine that was booted from the old one continues to run.
 */
export const isoConsequences: ConsequenceTable = {
    schemaVersion: live("The state's own form; the medium does not hold it."),
    urn: live("The medium does not hold it."),
    uuid: live("The medium does not hold it."),
    name: rebuild("The image's file is called by it, where `output` does not say otherwise."),
    platform: replace("The medium is deleted, and the guest made on a host."),
    connection: here,
    hosts: here,
    host: live("A medium is built where `pulumi up` runs; where its file is not there, it is built anew."),
    kernel: rebuild("The medium boots the new kernel. Only the content counts, not the path."),
    initrd: rebuild("The medium boots with the new initrd. Only the content counts, not the path."),
    guest: rebuild("The guest gets its configuration in another way."),
    args: rebuild("The configuration is baked in."),
    env: rebuild("The configuration is baked in."),
    hostname: rebuild("The configuration is baked in."),
    mirage: rebuild("The configuration is baked in."),
    memory: live("What the machine is said to have: only the build looks at it, and says when it is too little."),
    maxMemory: unsupported("the machine that boots the medium brings its own memory"),
    sshTarget: here,
    vcpus: unsupported("the machine that boots the medium brings its own processors"),
    blocks: rebuild("The data images travel inside."),
    accelerator: unsupported("the machine that boots the medium is no emulator"),
    state: unsupported(running),
    autostart: unsupported(`${running}; set its firmware to boot from the medium`),
    onCrash: unsupported(running),
    readiness: unsupported(`${running}, and pulumi cannot see when it is up`),
    shutdownTimeout: unsupported(running),
    gdb: unsupported("there is no emulator whose debugger could listen"),
    qemuArgs: unsupported("there is no emulator that would take them"),
    description: unsupported("a medium is no domain that could have one"),
    adopt: live("Whether a file that somebody else made is overwritten; one of ours is ours."),
    deleteData: written,
    keepLast: written,
    interfaces: {
        ...rebuild("The addresses are baked in."),
        unsupported: {
            "[].attach.user.forward[]":
                "a machine has ports of its own: nothing forwards them. Leave `forward` out for platform iso",
            "[].attach.network": cable,
            "[].attach.bridge": cable,
            "[].attach.tap": cable,
            "[].ipv4.reserve":
                "a reservation is kept by a libvirt network; for a machine it is the DHCP server's affair",
            "[].ipv4.name": nameless,
            "[].ipv6.name": nameless,
        },
    },
    secrets: rebuild("The image's file becomes readable by its owner alone, or by all."),
    output: rebuild("The image is made at the new place, and the old one removed."),
    label: rebuild("The volume's name is part of the image."),
    console: rebuild("Boot loader and kernel are told where to show what they do."),
    burn: live("The image stays as it is; it is written to the new device, and the old one is left as it is."),
} satisfies Record<keyof UnikernelSpec, PropertyConsequence>;
