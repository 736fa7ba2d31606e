import type { GuestCapabilities } from "../../model";

export const rumprunCapabilities: GuestCapabilities = {
    platforms: ["kvm", "xen", "iso"],
    machine: "pc",
    virtio: "transitional",
    drivers: { kvm: "vioif", xen: "xenif", iso: "wm" },
    shutdown: false,
    writableDisks: ["xen"],
    needsRuntimeConfig: ["xen"],
    // Found by running: a small program boots with 8, nginx with 14.
    minMemory: 8,
    usualMemory: 14,
    // ld0 to ld9, on Xen xvda to xvdj: the names that the launch tool supports.
    maxDisks: 10,
    maxInterfaces: 8,
    ends: "halt",
    panicDevice: false,
    firmware: ["bios"],
};
