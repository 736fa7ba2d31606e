import type { GuestCapabilities } from "../../model";

export const rumprunCapabilities: GuestCapabilities = {
    platforms: ["kvm", "xen", "iso"],
    machine: "pc",
    virtio: "transitional",
    drivers: { kvm: "vioif", xen: "xenif", iso: "wm" },
    shutdown: false,
    writableDisks: ["xen"],
    needsRuntimeConfig: ["xen"],
    minMemory: 14,
    // ld0 to ld9, on Xen xvda to xvdj: the names that the launch tool supports.
    maxDisks: 10,
    maxInterfaces: 8,
    ends: "halt",
    panicDevice: false,
    firmware: ["bios"],
};
