import type { Problem, UnikernelSpec } from "../../model";
import { refuseQcow2, unless } from "../checks";

/** In bytes. Rock Ridge (RRIP 4.1.4) and NetBSD's cd9660 allow more; mkisofs does not. */
const LONGEST_NAME = 255;

/** Refuse what a guest on a medium cannot have. Its images are files on the medium, named after the blocks. */
export function checkMedium(spec: UnikernelSpec): Problem[] {
    if (spec.platform !== "iso") return [];
    return [
        ...refuseQcow2(spec),
        ...spec.blocks.flatMap(({ name, path, access }, index) => [
            ...unless(
                isFileName(name),
                `blocks[${index}].${path === undefined ? "image" : "path"}`,
                `"${name}" cannot be the name of a file on the medium: at most ${LONGEST_NAME} bytes without a slash; rename it`,
            ),
            // configvnd in lib/librumprun_base/config.c attaches with VNDIOF_READONLY.
            ...unless(
                access !== "scratch",
                `blocks[${index}].access`,
                "rumprun attaches the images of a medium read-only; choose read",
            ),
        ]),
    ];
}

function isFileName(name: string): boolean {
    return (
        name !== "" && name !== "." && name !== ".." && !name.includes("/") && Buffer.byteLength(name) <= LONGEST_NAME
    );
}

/** NetBSD's names of the USB host controller drivers. Current machines have only xhci. */
const HOST_CONTROLLERS = ["ehci", "uhci", "ohci", "xhci"];

/** usbdi.c asserts `ux_bus->ub_usedma == false` where NUSB_DMA is 0. No symbol shows how libusb was built. */
const STICK_PANICS = "a build from the sources of 2016–2020 panics at one unless its libusb was built with NUSB_DMA=1";

/**
 * Warn about what the machine must offer. The guest looks only at the first disk, by two names: /dev/ld0a and /dev/sd0a
 * (getcmdlinefromroot in lib/librumprun_base/config.c).
 */
export function warnMedium(
    { platform, blocks, console: kinds }: UnikernelSpec,
    linked: Set<string> | undefined,
): Problem[] {
    if (platform !== "iso") return [];
    return [
        {
            property: "platform",
            reason: "rumprun starts under BIOS only, and its medium brings no loader for UEFI: the machine must offer BIOS (legacy, CSM) boot",
        },
        ...unless(
            kinds === undefined,
            "console",
            "has no effect on rumprun itself: it writes to the screen where the machine has one, else to the first serial port",
        ),
        ...unless(
            blocks.length === 0,
            "blocks",
            `the guest reads its data images from its own medium, which must be the machine's first disk: ${ways(linked)}; never an IDE or SATA CD. Without data images, with the files cooked into the kernel instead, it needs no driver for its medium`,
        ),
        ...unless(
            blocks.length > 0 || !hasController(linked),
            "kernel",
            `it has USB drivers linked in, which attach the USB stick that it boots from, and ${STICK_PANICS}. Without data images it needs no USB drivers`,
        ),
    ];
}

const hasController = (linked: Set<string> | undefined): boolean =>
    HOST_CONTROLLERS.some((driver) => linked?.has(driver));

function ways(linked: Set<string> | undefined): string {
    const missing = (...drivers: string[]): string[] => drivers.filter((driver) => linked && !linked.has(driver));
    const controller = linked && !hasController(linked) ? [HOST_CONTROLLERS.join(" or ")] : [];
    const way = (what: string, needed: string, lacking: string[], condition?: string): string => {
        if (lacking.length > 0) return `not ${what}, because it has no ${lacking.join(", no ")} linked in`;
        const conditions = [...(linked ? [] : [`with ${needed} linked in`]), ...(condition ? [condition] : [])];
        return conditions.length > 0 ? `${what} (${conditions.join("; ")})` : what;
    };
    return [
        way(
            "a USB stick",
            `umass, sd and ${HOST_CONTROLLERS.join(" or ")}`,
            [...missing("umass", "sd"), ...controller],
            STICK_PANICS,
        ),
        way("a virtio disk", "ld_virtio", missing("ld_virtio")),
        way("a virtio SCSI disk", "vioscsi and sd", missing("vioscsi", "sd")),
    ].join(", ");
}
