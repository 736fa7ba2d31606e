import { GDB } from "./commandline";
import type { Device } from "./device";

/** The port on which QEMU serves a debugger. Xen's is opened beside the guest, and no definition has it. */
export const gdb = {
    arguments: ["gdb"],
    render: (model) => ({ qemuArgs: model.gdb ? [GDB, `tcp:${model.gdb.address}:${model.gdb.port}`] : [] }),
    read: ({ qemu }) => ({ gdb: qemu.gdb }),
    compared: (facts) => ({ gdb: facts.gdb }),
    import: { declare: ({ commandline }) => ({ gdb: commandline.gdb }) },
} satisfies Device;
