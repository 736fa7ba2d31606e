const running = "a medium is made, not run: the machine that boots it decides";
const cable = "a medium is plugged in nowhere: the cable of the machine that boots it decides";

/** What a machine that boots a medium has of its own, and what only a host can do for a guest. */
export const isoMeaningless: Record<string, string> = {
    connection: "a medium is built where pulumi runs, and no host is asked",
    maxMemory: "the machine that boots the medium brings its own memory",
    sshTarget: "a medium is built where pulumi runs, and no host is asked",
    vcpus: "the machine that boots the medium brings its own processors",
    accelerator: "the machine that boots the medium is no emulator",
    state: running,
    autostart: `${running}; set its firmware to boot from the medium`,
    onCrash: running,
    readiness: `${running}, and nobody here can see when it is up`,
    shutdownTimeout: running,
    gdb: "there is no emulator whose debugger could listen",
    qemuArgs: "there is no emulator that would take them",
    deleteData: "a medium has no disks that are written to",
    keepLast: "a medium has no disks that are written to",
    "interfaces[].attach.user.forward[]":
        "a machine has ports of its own: nothing forwards them. Leave `forward` out for platform iso",
    "interfaces[].attach.network": cable,
    "interfaces[].attach.bridge": cable,
    "interfaces[].attach.tap": cable,
    "interfaces[].ipv4.reserve":
        "a reservation is kept by a libvirt network; for a machine it is the DHCP server's affair",
};
