import { statSync } from "node:fs";
import {
    type ConsoleKind,
    type GuestCapabilities,
    type MediumBoot,
    type Problem,
    UnikernelError,
    type UnikernelSpec,
} from "../../model";
import type { EncodeContext, GuestAbi } from "../abi";
import {
    checkEnvNames,
    checkHostname,
    checkLimits,
    checkMounts,
    refuseMirage,
    refuseQcow2,
    unless,
    warnMemory,
    warnReadOnlyFormats,
} from "../checks";
import { findNote, type KernelFacts, noteText, XEN_NOTE, xenBoot } from "../kernel";
import { linuxMemory } from "../memory";
import { holdsSecret, MASK, mask } from "../secrets";
import { encodeConfig, encodeWord } from "./config";
import { readConsole } from "./console";
import { archive } from "./cpio";

/**
 * linux: a Linux kernel with an initramfs whose init reads `/unikernel/config` (format in linux/config.ts).
 * tools/nginx-guest has such an init; any other that reads the file works. The file is in a second cpio archive behind
 * the initramfs.
 */
export const linux: GuestAbi = {
    id: "linux",
    recognise,
    capabilities: (kernel) => ({
        ...capabilities,
        minMemory: linuxMemory(kernel, capabilities.minMemory),
        usualMemory: linuxMemory(kernel, USUAL_MEMORY),
        xen: xenBoot(kernel),
    }),
    check,
    warnings: (spec, kernel) => [
        ...warnMemory(spec, linux.capabilities(kernel), "only small kernels"),
        ...warnReadOnlyFormats(spec),
        ...warnDrivers(spec),
    ],
    encode,
    readConsole,
    // udhcpc, as in the nginx guest. An init that requests it once is no better off.
    requestsAddress: () => "renewal",
};

/** The guest's interface base name. It finds interfaces by MAC, whatever their driver. */
const DRIVER = "eth";

/** In MiB, for a kernel whose header does not say more: what a small configuration of a current kernel needs. */
const USUAL_MEMORY = 48;

const capabilities: GuestCapabilities = {
    platforms: ["kvm", "xen", "iso"],
    machine: "pc",
    virtio: "transitional",
    drivers: { kvm: DRIVER, xen: DRIVER, iso: DRIVER },
    shutdown: true,
    writableDisks: [],
    balloon: true,
    minMemory: 8,
    maxDisks: 16,
    maxInterfaces: 8,
    ends: "poweroff",
    panicDevice: true,
    firmware: ["bios", "uefi"],
};

/** Linux: __NEW_UTS_LEN. */
const LONGEST_HOSTNAME = 64;

/**
 * Save a fifth of the boot on emulated processors: no self-tests of ciphers, no grace periods that wait for idle CPUs.
 */
const FASTER = "cryptomgr.notests rcupdate.rcu_expedited=1";
/** panic=1: without a panic device, a kernel that panics restarts instead of hanging. */
const HOSTED = `quiet panic=1 ${FASTER}`;
/** On a physical machine a person may read the screen: device messages and the reason of a panic must stay visible. */
const MACHINE = `panic=30 ${FASTER}`;
/** A serial line is expected to run at 115200n8; without this the kernel keeps the firmware's setting. */
const CONSOLES: Record<ConsoleKind, string> = { serial: "console=ttyS0,115200n8", vga: "console=tty0" };

/**
 * Return the kernel command line.
 * no_timer_check: on an overloaded host, an emulated timer tick may come too late for the kernel's own timer test,
 * which then panics. KVM guests skip the test by themselves (arch/x86/kernel/kvm.c).
 */
function commandLine({ platform, console: kinds = ["serial", "vga"] }: UnikernelSpec): string {
    if (platform === "kvm") return `console=ttyS0 no_timer_check ${HOSTED}`;
    if (platform === "xen") return `console=hvc0 ${HOSTED}`;
    // The last console is /dev/console (Documentation/admin-guide/serial-console.rst), so the first one named gets the
    // program's output.
    return [...kinds.map((kind) => CONSOLES[kind]).reverse(), MACHINE].join(" ");
}

function recognise(kernel: KernelFacts): ReturnType<GuestAbi["recognise"]> {
    if (kernel.linux) return { platforms: ["kvm", "xen", "iso"] };
    const guestOs = findNote(kernel, "Xen", XEN_NOTE.guestOs);
    if (!guestOs || noteText(guestOs) !== "linux") return undefined;
    return { platforms: findNote(kernel, "Xen", XEN_NOTE.pvhEntry) ? ["kvm", "xen"] : ["xen"] };
}

function check(spec: UnikernelSpec, kernel: KernelFacts): Problem[] {
    const told: [property: string, value: string][] = [
        ...spec.args.map((value, index): [string, string] => [`args[${index}]`, value]),
        ...Object.entries(spec.env).map(([name, value]): [string, string] => [`env.${name}`, value]),
        ...spec.blocks.map(({ mount = "" }, index): [string, string] => [`blocks[${index}].mount`, mount]),
    ];
    return [
        ...unless(
            recognise(kernel) !== undefined,
            "guest",
            "a linux kernel is a bzImage, or an ELF vmlinux with Xen notes; this one is neither",
        ),
        ...unless(
            spec.initrd !== undefined,
            "initrd",
            "linux needs an initrd whose init reads /unikernel/config (npx pulumi-unikernel doctor says how to build the nginx guest)",
        ),
        ...unless(
            spec.platform !== "iso" || kernel.linux !== undefined,
            "kernel",
            "GRUB starts Linux from a bzImage (vmlinuz); this one is an ELF vmlinux",
        ),
        ...refuseQcow2(spec),
        ...unless(Boolean(spec.args[0]), "args", "linux needs the program to run as args[0]"),
        ...checkLimits(spec, linux.capabilities(kernel)),
        ...refuseMirage(spec),
        ...checkMounts(spec),
        ...checkEnvNames(spec),
        ...checkHostname(spec, LONGEST_HOSTNAME),
        ...told.flatMap(([property, value]) =>
            unless(!value.includes("\0"), property, "a NUL cannot be passed to a program"),
        ),
    ];
}

function warnDrivers(spec: UnikernelSpec): Problem[] {
    return spec.interfaces.flatMap(({ driver }, index) =>
        unless(
            driver === undefined || driver === DRIVER,
            `interfaces[${index}].driver`,
            `"${driver}" has no effect: linux finds its interfaces by their MAC`,
        ),
    );
}

function encode(spec: UnikernelSpec, { platform, initrd }: EncodeContext): ReturnType<GuestAbi["encode"]> {
    if (initrd === undefined) throw new UnikernelError("invalid", "linux needs an initrd", { property: "initrd" });
    const config = archive([{ path: "unikernel/config", content: Buffer.from(encodeConfig(spec)), mode: 0o600 }]);
    return {
        cmdline: commandLine({ ...spec, platform }),
        initrd: [{ file: initrd }, { bytes: Buffer.concat([Buffer.alloc(padding(initrd)), config]) }],
        secret: holdsSecret(spec),
        ...(platform === "iso" ? { medium: mediumBoot(spec) } : {}),
        guestConfig: encodeConfig(mask(spec)).replaceAll(encodeWord(MASK), MASK),
    };
}

/**
 * Keep everything in memory, so that the guest needs no driver for its medium: the init attaches each file as a loop
 * device.
 */
function mediumBoot({ blocks }: UnikernelSpec): MediumBoot {
    return {
        protocol: "linux",
        blocks: blocks.map((_, index) => ({ where: "memory", path: `/unikernel/images/${index}` })),
        files: {},
    };
}

/** The kernel looks for another archive only at a multiple of 4 bytes (init/initramfs.c, unpack_to_rootfs). */
function padding(initrd: string): number {
    const file = statSync(initrd, { throwIfNoEntry: false });
    if (!file?.isFile())
        throw new UnikernelError("invalid", `initrd ${initrd}: expected a regular file`, { property: "initrd" });
    return -file.size & 3;
}

export { readConsole } from "./console";
