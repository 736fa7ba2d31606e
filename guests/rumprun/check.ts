import { basename } from "node:path";
import type { Platform, Problem, UnikernelSpec } from "../../model";
import {
    checkEnvNames,
    checkHostname,
    checkLimits,
    checkMounts,
    refuseMirage,
    unless,
    warnMemory,
    warnReadOnlyFormats,
} from "../checks";
import type { KernelFacts } from "../kernel";
import { rumprunCapabilities } from "./capabilities";
import { encodeConfig, ROOTFS_MARK } from "./config";
import { linkedDrivers } from "./drivers";
import { checkMedium, warnMedium } from "./medium";

/**
 * Largest configuration in bytes. Module: the guest's buffer has 4096 bytes, and it refuses 4095
 * (platform/hw/multiboot.c). Xen: a xenstore message has at most 4096 bytes, including the key's path,
 * `/local/domain/65535/rumprun/cfg`, and a NUL.
 */
const LIMITS: Record<Platform, number> = { kvm: 4094, iso: 4094, xen: 4096 - 32 };

/** For a configuration in a file on a medium: CFGMAXSIZE in lib/librumprun_base/config.c. */
const FILE_LIMIT = 64 * 1024;

/** NetBSD's MAXHOSTNAMELEN, less its NUL. */
const LONGEST_HOSTNAME = 255;

export function checkRumprun(spec: UnikernelSpec, kernel: KernelFacts): Problem[] {
    const problems = [
        ...unless(kernel.elf !== undefined, "guest", "a rumprun kernel is an ELF file; this one is a Linux bzImage"),
        ...checkLimits(spec, rumprunCapabilities),
        ...refuseMirage(spec),
        ...checkMounts(spec),
        ...checkEnvNames(spec),
        ...checkHostname(spec, LONGEST_HOSTNAME),
        ...checkTexts(spec),
        ...checkBlocks(spec),
        ...checkMedium(spec),
        ...checkDrivers(spec),
        ...unless(spec.initrd === undefined, "initrd", "rumprun takes no initrd: the configuration is its only module"),
    ];
    return problems.length > 0 ? problems : checkLength(spec);
}

/** Refuse texts that the guest's configuration syntax cannot express. */
function checkTexts(spec: UnikernelSpec): Problem[] {
    const words: [property: string, value: string][] = [
        ["kernel", basename(spec.kernel)],
        ...spec.args.map((value, index): [string, string] => [`args[${index}]`, value]),
    ];
    const texts: [property: string, value: string][] = [
        ...words,
        ...Object.entries(spec.env).map(([name, value]): [string, string] => [`env.${name}`, value]),
        ...spec.blocks.map(({ mount = "" }, index): [string, string] => [`blocks[${index}].mount`, mount]),
        // Blocks are found by name only on a medium.
        ...(spec.platform === "iso"
            ? spec.blocks.map(({ name, path }, index): [string, string] => [
                  `blocks[${index}].${path === undefined ? "image" : "path"}`,
                  name,
              ])
            : []),
    ];
    return [
        ...texts.flatMap(([property, value]) =>
            unless(
                !/["\\]/.test(value),
                property,
                `rumprun's configuration cannot carry a double quote or a backslash`,
            ),
        ),
        ...texts.flatMap(([property, value]) =>
            unless(!hasControl(value), property, "rumprun's configuration cannot carry control characters"),
        ),
        ...texts.flatMap(([property, value]) =>
            unless(
                !value.includes(ROOTFS_MARK),
                property,
                `rumprun interprets "${ROOTFS_MARK}" itself; expected a text without it`,
            ),
        ),
        ...words.flatMap(([property, value]) =>
            unless(!value.includes("'"), property, "rumprun's command line cannot carry a single quote"),
        ),
    ];
}

function hasControl(text: string): boolean {
    return [...text].some((character) => character.charCodeAt(0) < 0x20 || character.charCodeAt(0) === 0x7f);
}

function checkBlocks(spec: UnikernelSpec): Problem[] {
    return spec.blocks.flatMap(({ format }, index) =>
        unless(
            format !== "ext4",
            `blocks[${index}].image`,
            "rumprun mounts ffs, ext2 and iso9660, not ext4; choose format ext2 or iso9660",
        ),
    );
}

function checkDrivers(spec: UnikernelSpec): Problem[] {
    return spec.interfaces.flatMap(({ driver }, index) =>
        unless(
            driver === undefined || /^[a-z]{1,12}$/.test(driver),
            `interfaces[${index}].driver`,
            `"${driver}" is not a base name such as vioif: lower-case letters, to which the guest adds the number`,
        ),
    );
}

function checkLength(spec: UnikernelSpec): Problem[] {
    const length = Buffer.byteLength(encodeConfig(spec, spec.platform, basename(spec.kernel)));
    const limit = spec.platform === "iso" && spec.blocks.length > 0 ? FILE_LIMIT : LIMITS[spec.platform];
    return unless(
        length <= limit,
        "",
        `the guest's configuration (args, env, blocks, interfaces, hostname) is ${length} bytes; rumprun takes at most ${limit}`,
    );
}

/** Directories that a mount would hide, and what then fails. */
const HIDING: Record<string, string> = {
    "/etc": "hides the built-in passwd and resolv.conf; a program that looks up a user (nginx does) stops. Mount at /etc/nginx or /data",
    "/dev": "hides the devices that other disks are mounted from",
};

export function warnRumprun(spec: UnikernelSpec, kernel: KernelFacts): Problem[] {
    const linked = linkedDrivers(kernel.elf?.symbols);
    return [
        ...spec.blocks.flatMap(({ mount = "" }, index) => {
            const hiding = HIDING[mount.replace(/\/+$/, "")];
            return hiding === undefined
                ? []
                : [{ property: `blocks[${index}].mount`, reason: `a mount at ${mount} ${hiding}` }];
        }),
        ...unless(spec.vcpus === 1, "vcpus", `${spec.vcpus}: rumprun uses one processor`),
        ...warnMemory(spec, rumprunCapabilities, "only small programs, not nginx,"),
        ...warnReadOnlyFormats(spec),
        ...warnCards(spec),
        ...warnMissingDrivers(spec, linked),
        ...warnMedium(spec, linked),
    ];
}

/** The card of each interface, where the platform decides that. A physical machine may have any. */
const CARDS: Partial<Record<Platform, string>> = { kvm: "virtio", xen: "paravirtual" };

/** Return whether an interface's driver finds a card; true where only the machine knows. */
function findsCard(driver: string | undefined, platform: Platform): boolean {
    return driver === undefined || CARDS[platform] === undefined || driver === rumprunCapabilities.drivers[platform];
}

function warnCards({ platform, interfaces }: UnikernelSpec): Problem[] {
    return interfaces.flatMap(({ driver }, index) =>
        unless(
            findsCard(driver, platform),
            `interfaces[${index}].driver`,
            `"${driver}" finds no card on ${platform}, where the card of an interface is always ${CARDS[platform]}: leave driver out, or write "${rumprunCapabilities.drivers[platform]}"`,
        ),
    );
}

/** Warn about drivers that are not linked in. A stripped kernel does not show them; on Xen they are always present. */
function warnMissingDrivers(spec: UnikernelSpec, linked: Set<string> | undefined): Problem[] {
    if (linked === undefined || spec.platform === "xen") return [];
    const has = (driver: string) => linked.has(driver);
    return [
        ...spec.interfaces.flatMap(({ driver = rumprunCapabilities.drivers[spec.platform] ?? "" }, index) =>
            unless(
                has(driver) || !findsCard(driver, spec.platform),
                `interfaces[${index}].driver`,
                `the kernel has no driver "${driver}" linked in`,
            ),
        ),
        ...unless(
            spec.platform === "iso" || spec.blocks.length === 0 || has("ld_virtio"),
            "blocks",
            "the kernel has no driver for these disks linked in: ld_virtio",
        ),
    ];
}
