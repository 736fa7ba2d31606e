import { basename } from "node:path";
import type { EncodedGuest, UnikernelSpec } from "../spec";
import type { EncodeContext, GuestAbi } from "./abi";
import { findNote, type KernelFacts, xenBoot } from "./kernel";
import { rumprunCapabilities } from "./rumprun/capabilities";
import { checkRumprun, warnRumprun } from "./rumprun/check";
import { CONFIG_FILE, encodeConfig, imagePath, ROOTFS_MARK } from "./rumprun/config";
import { readRumprunConsole } from "./rumprun/console";
import { decodeConfig } from "./rumprun/decode";
import { holdsSecret, mask } from "./secrets";

/**
 * rumprun: POSIX programs on rump kernels (github.com/rumpkernel/rumprun). Facts come from its sources and from running
 * a nginx built from those of 2016 on QEMU 7.2 and Xen 4.17.
 *
 * The configuration is the first multiboot module on hardware (it wins over the command line, keeps secrets off it, and
 * the kernel's path does not count), and the xenstore key `rumprun/cfg` on Xen. A guest with data images on a medium is
 * told to read its configuration there: it then mounts the medium, which is where it can find the images.
 */
export const rumprun: GuestAbi = {
    id: "rumprun",
    recognise,
    capabilities: (kernel) => ({ ...rumprunCapabilities, xen: xenBoot(kernel) }),
    check: checkRumprun,
    warnings: warnRumprun,
    encode,
    readConsole: readRumprunConsole,
    decode: ({ cmdline, module, ...devices }) => decodeConfig(module ?? cmdline, devices),
};

/** Sections that link scripts of both platforms leave in every baked binary, and what tells the two apart. */
function recognise(kernel: KernelFacts): ReturnType<GuestAbi["recognise"]> {
    const { elf, multiboot } = kernel;
    if (!elf) return undefined;
    // None at all is the sign of a table that was thinned out, not of a kernel without drivers.
    const drivers = elf.symbols?.length
        ? elf.symbols.map((symbol) => symbol.replace(/^rumpns_(\w+)_ca$/, "$1"))
        : undefined;
    const isRump = elf.sections.includes("link_set_rump_components");
    const says = elf.texts.includes("rump kernel bare metal bootstrap");
    if (elf.sections.includes("__xen_guest") && (isRump || findNote(kernel, "rumpkernel.org")))
        return { platforms: ["xen"], drivers };
    if (multiboot && (isRump || says) && (elf.sections.includes(".bootstrap") || says))
        return { platforms: ["kvm", "iso"], drivers };
    return undefined;
}

function encode(spec: UnikernelSpec, { platform }: EncodeContext): EncodedGuest {
    const program = basename(spec.kernel);
    const config = encodeConfig(spec, platform, program);
    const mounted = platform === "iso" && spec.blocks.length > 0;
    return {
        // The rest of the line is the path (getcmdlinefromroot), so nothing may follow.
        cmdline: mounted ? `${ROOTFS_MARK}${CONFIG_FILE}` : "",
        initrd: platform === "xen" || mounted ? [] : [{ bytes: Buffer.from(config) }],
        secret: holdsSecret(spec),
        xenstore: platform === "xen" ? { key: "rumprun/cfg", value: config } : undefined,
        ...(platform === "iso"
            ? {
                  medium: {
                      protocol: "multiboot",
                      blocks: spec.blocks.map((block) => ({ where: "medium", path: `/${imagePath(block)}` })),
                      files: mounted ? { [CONFIG_FILE]: config } : {},
                  },
              }
            : {}),
        guestConfig: encodeConfig(mask(spec), platform, program),
    };
}
