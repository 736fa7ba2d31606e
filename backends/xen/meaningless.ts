import { mediumOnly } from "../libvirt/meaningless";

/** What only a medium has, and what is QEMU's. */
export const xenMeaningless: Record<string, string> = {
    ...mediumOnly,
    accelerator: "Xen runs its guests itself: there is no accelerator to choose",
    qemuArgs: "no QEMU runs the guest, so none would read them",
};
