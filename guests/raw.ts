import {
    type GuestCapabilities,
    type MediumBoot,
    ownAddress,
    type Platform,
    type Problem,
    UnikernelError,
    type UnikernelSpec,
} from "../model";
import type { EncodeContext, GuestAbi } from "./abi";
import { checkLimits, checkLineWords, refuseMirage, unless } from "./checks";
import { commandLineGuest } from "./commandLine";
import { firstVerdict } from "./console";
import { bootsByMultiboot, findNote, type KernelFacts, XEN_NOTE, xenBoot } from "./kernel";
import { PANIC } from "./linux/console";
import { multibootMedium } from "./medium";
import { linuxMemory } from "./memory";
import { mask } from "./secrets";

/**
 * raw: kernel, initrd and command line verbatim; args are joined by one blank. For kernels that no other ABI knows, or
 * whose whole configuration the user wants to write. Users select it explicitly.
 */
export const raw: GuestAbi = {
    id: "raw",
    recognise,
    capabilities: (kernel) => ({
        ...capabilities,
        minMemory: linuxMemory(kernel, capabilities.minMemory),
        xen: xenBoot(kernel),
    }),
    check,
    warnings: warnUntold,
    encode,
    // The only verdict that is certain for an unknown guest, which is often Linux.
    readConsole: (text) => firstVerdict(text, PANIC),
    requestsAddress: ({ args }) => (KERNEL_REQUEST.test(args.join(" ")) ? "once" : "unknown"),
};

/**
 * The option of a Linux command line by which the kernel itself requests an address. It never renews the lease
 * (Documentation/admin-guide/nfs/nfsroot.rst).
 */
const KERNEL_REQUEST = /(^|\s)ip=(\S*:)?(dhcp|on|any|both)(:|\s|$)/;

const capabilities: GuestCapabilities = {
    ...commandLineGuest,
    shutdown: true,
    minMemory: 1,
    maxInterfaces: 8,
    ends: "poweroff",
    firmware: ["bios", "uefi"],
};

/** Return the platforms whose loaders accept the kernel. */
function recognise(kernel: KernelFacts): ReturnType<GuestAbi["recognise"]> {
    if (kernel.linux) return { platforms: ["kvm", "xen", "iso"] };
    const { elf, multiboot } = kernel;
    if (!elf) return undefined;
    const pvh = findNote(kernel, "Xen", XEN_NOTE.pvhEntry) !== undefined;
    const pv =
        elf.sections.includes("__xen_guest") ||
        [XEN_NOTE.entry, XEN_NOTE.hypercallPage, XEN_NOTE.loader].some((type) => findNote(kernel, "Xen", type));
    const platforms: Platform[] = [];
    if (pvh || bootsByMultiboot(kernel)) platforms.push("kvm");
    if (pvh || pv) platforms.push("xen");
    if (multiboot) platforms.push("iso");
    return platforms.length > 0 ? { platforms } : undefined;
}

const WITHOUT_CONFIG = "a raw guest gets no configuration but its command line (args)";

function check(spec: UnikernelSpec, kernel: KernelFacts): Problem[] {
    const longest = kernel.linux?.maxCmdline ?? 4095;
    const line = commandLine(spec);
    return [
        ...unless(
            recognise(kernel) !== undefined,
            "kernel",
            "no boot loader accepts it: it has neither multiboot 1, nor PVH or Xen notes, nor a Linux boot header",
        ),
        ...checkLimits(spec, raw.capabilities(kernel)),
        ...refuseMirage(spec),
        ...checkLineWords({ ...spec, env: {}, hostname: undefined }),
        ...unless(
            Buffer.byteLength(line) <= longest,
            "args",
            `the command line is ${Buffer.byteLength(line)} bytes; this kernel takes at most ${longest}`,
        ),
        ...Object.keys(spec.env).map((name) => ({ property: `env.${name}`, reason: WITHOUT_CONFIG })),
        ...unless(spec.hostname === undefined, "hostname", WITHOUT_CONFIG),
        ...spec.blocks.flatMap(({ mount }, index) =>
            unless(mount === undefined, `blocks[${index}].mount`, WITHOUT_CONFIG),
        ),
        ...spec.blocks.flatMap((_, index) =>
            unless(
                spec.platform !== "iso",
                `blocks[${index}]`,
                "a raw guest cannot learn where on a medium its disks are; put the files into its initrd",
            ),
        ),
        ...spec.interfaces.flatMap(({ driver }, index) =>
            unless(driver === undefined, `interfaces[${index}].driver`, WITHOUT_CONFIG),
        ),
    ];
}

function encode(spec: UnikernelSpec, { platform, initrd, kernel }: EncodeContext): ReturnType<GuestAbi["encode"]> {
    return {
        cmdline: commandLine(spec),
        initrd: initrd === undefined ? [] : [{ file: initrd }],
        secret: false,
        ...(platform === "iso" ? { medium: mediumBoot(kernel) } : {}),
        guestConfig: commandLine(mask(spec)),
    };
}

/** Warn of addresses that are written for the guest: nothing but args tells it one. */
function warnUntold({ interfaces }: UnikernelSpec): Problem[] {
    const untold = "the guest is not told this address; write it into args, in its own syntax";
    return interfaces.flatMap(({ ipv4, ipv6 }, index) => [
        ...unless(ownAddress(ipv4) === undefined, `interfaces[${index}].ipv4.address`, untold),
        ...unless(ipv6 === undefined, `interfaces[${index}].ipv6.address`, untold),
    ]);
}

/**
 * Return how a loader starts the kernel. The initrd is the initramfs of a Linux kernel, and the first module of any
 * other.
 */
function mediumBoot(kernel: KernelFacts | undefined): MediumBoot {
    if (!kernel?.linux && !kernel?.multiboot)
        throw new UnikernelError(
            "invalid",
            "no boot loader accepts this kernel: it has neither a Linux boot header nor multiboot 1",
            { property: "kernel" },
        );
    return kernel.linux ? { protocol: "linux", blocks: [], files: {} } : multibootMedium(kernel);
}

const commandLine = (spec: Pick<UnikernelSpec, "args">) => spec.args.join(" ");
