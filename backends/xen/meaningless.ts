import { mediumOnly } from "../libvirt/meaningless";

/** What only a medium has, and what is QEMU's. */
export const xenMeaningless: Record<string, string> = {
    ...mediumOnly,
    accelerator: "Xen runs its guests itself: there is no accelerator to choose",
    gdb: "QEMU's debugger port is not there, and Xen's own server (gdbsx) is to be started by hand: gdbsx -a ID 64 PORT",
    qemuArgs: "no QEMU runs the guest, so none would read them",
};
