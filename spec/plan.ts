import type { Digests, UnikernelSpec } from "./unikernel";
import type { Platform } from "./values";

/** A piece of a boot file: a local file, or bytes. Pieces are concatenated. */
export type Part = { file: string } | { bytes: Uint8Array };

/** What the ABI says of the guest, so that no backend needs to know it by name. */
export interface GuestCapabilities {
    platforms: Platform[];
    /** `pc` or `q35` where it matters. */
    machine: "pc" | "q35";
    /** The virtio generation that its drivers see. */
    virtio: "transitional" | "modern";
    /** Interface base name for each platform, for the default of `driver`. */
    drivers: Partial<Record<Platform, string>>;
    /** Reacts to the ACPI power button (Xen: to a shutdown request). */
    shutdown: boolean;
    /** Insists on writable disks on these platforms. */
    writableDisks: Platform[];
    /** MiB below which it is known not to boot. */
    minMemory: number;
    maxDisks: number;
    maxInterfaces: number;
    /** halt: stays after its end, read the console. poweroff: the domain ends. */
    ends: "halt" | "poweroff";
    /** Needs a pvpanic device to report a crash. */
    panicDevice: boolean;
    /** How Xen starts this kernel, by its own marks; `pv32`: as no Xen of today does. Left out: not at all. */
    xen?: "pv" | "pvh" | "pv32";
    /** Gives memory back while it runs, and takes it again. */
    balloon?: boolean;
    /** Where its configuration lives in the running domain alone (Xen: in xenstore): nobody starts it but who tells it. */
    toldAtStart?: Platform[];
    /** Under which a boot loader on a medium can start it. */
    firmware: Firmware[];
}

export type Firmware = "bios" | "uefi";

/** How a boot loader starts a guest from a medium, and what else lies there for it. */
export interface MediumBoot {
    /** `linux`: kernel, command line, initramfs (Documentation/arch/x86/boot.rst). `multiboot`: version 1, with modules. */
    protocol: "linux" | "multiboot";
    /**
     * For each block of the spec, in order: `memory` – the boot loader puts it into the initramfs, as this absolute path;
     * `medium` – a file of the medium at this absolute path, which the guest finds by itself.
     */
    blocks: { where: "memory" | "medium"; path: string }[];
    /** Further files of the medium: absolute path → content. */
    files: Record<string, string>;
}

/** What a guest ABI makes of a spec. */
export interface EncodedGuest {
    /** The kernel command line, without secrets. Empty: none. */
    cmdline: string;
    /** Pieces of the initrd or first boot module; empty: none. */
    initrd: Part[];
    /** The initrd holds a secret: the file is for this guest alone, 0600. */
    secret: boolean;
    /** Xen: the value of the xenstore key that the ABI reads. */
    xenstore?: { key: string; value: string };
    /** On a medium; `initrd` is then the initramfs, or the first module. */
    medium?: MediumBoot;
    /** For people: what the guest gets to read, secrets masked. */
    guestConfig: string;
}

/** A device that a guest numbers: the index of a block or of an interface of the spec. */
export type NumberedDevice = { block: number } | { interface: number };

/** Everything a backend needs to realise a unikernel. */
export interface GuestPlan {
    spec: UnikernelSpec;
    guest: GuestCapabilities;
    boot: EncodedGuest;
    digests: Digests;
    bootDigest: string;
    /** Keys the digests that end in state, where the spec holds secrets; 32 hex digits. */
    digestKey?: string;
    /** In the order in which the guest finds them. Left out: blocks, then interfaces, each as declared. */
    devices?: NumberedDevice[];
    /** Local file of each block's content, in the order of spec.blocks. */
    blockFiles: string[];
    /** Reads the console of this ABI. */
    readConsole(text: string): ConsoleVerdict;
}

/** Return the devices of a guest in the order in which it finds them. */
export function devicesOf({ devices, spec }: Pick<GuestPlan, "devices" | "spec">): NumberedDevice[] {
    return (
        devices ?? [
            ...spec.blocks.map((_, index) => ({ block: index })),
            ...spec.interfaces.map((_, index) => ({ interface: index })),
        ]
    );
}

/** What the console says of a guest's life. */
export interface ConsoleVerdict {
    /** Undefined while it is still up (or nothing can be said). */
    ended?: { how: "exited" | "halted" | "crashed"; status?: number; because: string };
}
