import type { GuestCapabilities } from "../../spec";

export const rumprunCapabilities: GuestCapabilities = {
    platforms: ["kvm", "xen", "iso"],
    machine: "pc",
    virtio: "transitional",
    drivers: { kvm: "vioif", xen: "xenif", iso: "wm" },
    shutdown: false,
    writableDisks: ["xen"],
    toldAtStart: ["xen"],
    minMemory: 14,
    // ld0 to ld9, and on Xen xvda to xvdj: what the launch tool could name.
    maxDisks: 10,
    maxInterfaces: 8,
    ends: "halt",
    panicDevice: false,
    firmware: ["bios"],
};
