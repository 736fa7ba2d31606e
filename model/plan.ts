import type { Digests, UnikernelSpec } from "./unikernel";
import type { Platform } from "./values";

/** A piece of a boot file: a local file or bytes. Boot files are concatenations of pieces. */
export type Part = { file: string } | { bytes: Uint8Array };

/** Capabilities of a guest, as its ABI declares them, so that no backend has to know an ABI by name. */
export interface GuestCapabilities {
    /** The platforms on which it boots. */
    platforms: Platform[];
    /** `pc` or `q35` where it matters. */
    machine: "pc" | "q35";
    /** The virtio generation that its drivers support. */
    virtio: "transitional" | "modern";
    /** Interface base name by platform: the default of `driver`. */
    drivers: Partial<Record<Platform, string>>;
    /** Reacts to the ACPI power button (Xen: to a shutdown request). */
    shutdown: boolean;
    /** Platforms on which it accepts only writable disks. */
    writableDisks: Platform[];
    /** MiB; with less, no guest of this kind is known to boot: refused. */
    minMemory: number;
    /** MiB; with less, only small programs or kernels boot: a warning. Left out: minMemory. */
    usualMemory?: number;
    maxDisks: number;
    maxInterfaces: number;
    /** How the guest ends. `halt`: the domain stays, and the console shows the end. `poweroff`: the domain ends. */
    ends: "halt" | "poweroff";
    /** It needs a pvpanic device to report a crash. */
    panicDevice: boolean;
    /**
     * How Xen starts this kernel, by its notes. `pv32`: 32-bit paravirtual, which current Xen does not start. Left out:
     * Xen cannot start it.
     */
    xen?: "pv" | "pvh" | "pv32";
    /** It has a balloon driver: it gives memory back while it runs, and takes it again. */
    balloon?: boolean;
    /**
     * Platforms that hold its configuration only in the running domain (Xen: in xenstore). It starts correctly only
     * when this package starts it.
     */
    needsRuntimeConfig?: Platform[];
    /** The firmware under which a boot loader can start it from a medium. */
    firmware: Firmware[];
}

export type Firmware = "bios" | "uefi";

/** How a boot loader starts a guest from a medium, and the further files of the medium. */
export interface MediumBoot {
    /**
     * `linux`: kernel, command line and initramfs (Documentation/arch/x86/boot.rst). `multiboot`: version 1, with
     * modules.
     */
    protocol: "linux" | "multiboot";
    /**
     * For each block of the spec, in order. `memory`: the boot loader puts it into the initramfs at this absolute path.
     * `medium`: a file of the medium at this absolute path, which the guest finds by itself.
     */
    blocks: { where: "memory" | "medium"; path: string }[];
    /** Further files of the medium: absolute path → content. */
    files: Record<string, string>;
    /** The addresses of two segments of the kernel that a boot loader would put at the same place. */
    overlap?: [number, number];
}

/** The boot configuration that a guest ABI makes of a spec. */
export interface EncodedGuest {
    /** The kernel command line, without secrets; empty when there is none. */
    cmdline: string;
    /** Pieces of the initrd or of the first boot module; empty when there is none. */
    initrd: Part[];
    /** The initrd holds a secret: its file belongs to this guest alone, mode 0600. */
    secret: boolean;
    /** Xen: the value of the xenstore key that the ABI reads. */
    xenstore?: { key: string; value: string };
    /** The order in which the guest finds its devices. Left out: blocks, then interfaces, each as declared. */
    devices?: NumberedDevice[];
    /** Set for a medium; `initrd` is then the initramfs or the first module. */
    medium?: MediumBoot;
    /** For display: the configuration that the guest reads, secrets masked. */
    guestConfig: string;
}

/** A device that a guest numbers: the index of a block or of an interface of the spec. */
export type NumberedDevice = { block: number } | { interface: number };

/** Everything a backend needs to run a unikernel. */
export interface GuestPlan {
    spec: UnikernelSpec;
    guest: GuestCapabilities;
    boot: EncodedGuest;
    digests: Digests;
    bootDigest: string;
    /** Keys the digests in state when the spec holds secrets; 32 hex digits. */
    digestKey?: string;
    /** Local file of each block's content, in the order of spec.blocks. */
    blockFiles: string[];
    /** Parse the console of this ABI. */
    readConsole(text: string): ConsoleVerdict;
}

/** Return the devices of a guest in the order in which it finds them. */
export function devicesOf({ boot, spec }: Pick<GuestPlan, "boot" | "spec">): NumberedDevice[] {
    return (
        boot.devices ?? [
            ...spec.blocks.map((_, index) => ({ block: index })),
            ...spec.interfaces.map((_, index) => ({ interface: index })),
        ]
    );
}

/** The state of a guest as its console shows it. */
export interface ConsoleVerdict {
    /** Undefined while the guest is running, or when the console does not tell. */
    ended?: { how: "exited" | "halted" | "crashed"; status?: number; because: string };
}
