/** Platforms on whose hosts guests run. */
export const HOST_PLATFORMS = ["kvm", "xen"] as const;
export const PLATFORMS = [...HOST_PLATFORMS, "iso"] as const;
export type HostedPlatform = (typeof HOST_PLATFORMS)[number];
/** What a unikernel runs on: KVM (or emulation) by libvirt, a Xen host, or a medium that machines boot from. */
export type Platform = (typeof PLATFORMS)[number];
/** What a guest is to do. */
export type GuestState = "running" | "paused" | "stopped";
/** What a guest is doing. `saved`: it is off, and its host keeps its memory, from which the next start goes on. */
export type SeenState = "running" | "paused" | "stopped" | "saved";
/** How QEMU runs a guest: by the processor (`kvm`), by emulation (`tcg`), or by what works (`auto`). */
export type Accelerator = "auto" | "kvm" | "tcg";
/** What becomes of a guest that crashed. */
export type OnCrash = "destroy" | "restart" | "preserve";
/** Where a machine shows what it does: its first serial port (115200 baud, 8N1), or its screen. */
export type ConsoleKind = "serial" | "vga";

/** Of what a guest boots from: sha256, in hexadecimal digits. */
export interface BootDigests {
    /** Of the kernel file. */
    kernel: string;
    /** Of the initial ramdisk, where there is one. */
    initrd?: string;
    /** Of what the guest is told; keyed when it covers a secret. */
    config: string;
}

/** What a burn left on a device. */
export interface Burned {
    /** As in `burn.device`. */
    device: string;
    /** The device's serial number, where it has one. */
    serial?: string;
    /** Of the image that was written; keyed where the image holds a secret. */
    sha256: string;
    /** Bytes. */
    size: number;
}
