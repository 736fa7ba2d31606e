const medium = "only a medium (platform iso) has one";

/** What only a medium has, and what is QEMU's. */
export const xenMeaningless: Record<string, string> = {
    output: medium,
    label: medium,
    burn: medium,
    console: "only a medium (platform iso) chooses: a guest's console is kept by its host",
    accelerator: "Xen runs its guests itself: there is no accelerator to choose",
    gdb: "QEMU's debugger port is not there, and Xen's own server (gdbsx) is to be started by hand: gdbsx -a ID 64 PORT",
    qemuArgs: "no QEMU runs the guest, so none would read them",
};
