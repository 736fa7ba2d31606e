import { basename } from "node:path";
import type { EncodedGuest, UnikernelSpec } from "../../model";
import type { EncodeContext, GuestAbi } from "../abi";
import { findNote, type KernelFacts, xenBoot } from "../kernel";
import { multibootMedium } from "../medium";
import { holdsSecret, mask } from "../secrets";
import { rumprunCapabilities } from "./capabilities";
import { checkRumprun, warnRumprun } from "./check";
import { CONFIG_FILE, encodeConfig, imagePath, ROOTFS_MARK } from "./config";
import { readRumprunConsole } from "./console";
import { decodeConfig } from "./decode";
import { linkedDrivers } from "./drivers";

const XENSTORE_KEY = "rumprun/cfg";

/**
 * rumprun: POSIX programs on rump kernels (github.com/rumpkernel/rumprun). The facts here come from its sources and
 * from running an nginx built from those of 2016 on QEMU 7.2 and Xen 4.17.
 *
 * On hardware the configuration is the first multiboot module: it has precedence over the command line, keeps secrets
 * off it, and does not depend on the kernel's path. On Xen it is the xenstore key `rumprun/cfg`. A guest with data
 * images on a medium reads its configuration from the medium, because it finds the images only on a medium that it has
 * mounted.
 */
export const rumprun: GuestAbi = {
    id: "rumprun",
    recognise,
    capabilities: (kernel) => ({ ...rumprunCapabilities, xen: xenBoot(kernel) }),
    check: checkRumprun,
    warnings: warnRumprun,
    encode,
    readConsole: readRumprunConsole,
    xenstoreKey: XENSTORE_KEY,
    requestsAddress: () => "once",
    decode: ({ cmdline, module, ...devices }) => decodeConfig(module ?? cmdline, devices),
};

/**
 * Recognise the sections that the link scripts of both platforms leave in every baked binary, and the platform's own
 * marks.
 */
function recognise(kernel: KernelFacts): ReturnType<GuestAbi["recognise"]> {
    const { elf, multiboot } = kernel;
    if (!elf) return undefined;
    const linked = linkedDrivers(elf.symbols);
    const drivers = linked && [...linked];
    const isRump = elf.sections.includes("link_set_rump_components");
    const says = elf.texts.includes("rump kernel bare metal bootstrap");
    if (elf.sections.includes("__xen_guest") && (isRump || findNote(kernel, "rumpkernel.org")))
        return { platforms: ["xen"], drivers };
    if (multiboot && (isRump || says) && (elf.sections.includes(".bootstrap") || says))
        return { platforms: ["kvm", "iso"], drivers };
    return undefined;
}

function encode(spec: UnikernelSpec, { platform, kernel }: EncodeContext): EncodedGuest {
    const program = basename(spec.kernel);
    const config = encodeConfig(spec, platform, program);
    const mounted = platform === "iso" && spec.blocks.length > 0;
    return {
        // getcmdlinefromroot takes the rest of the line as the path, so nothing may follow.
        cmdline: mounted ? `${ROOTFS_MARK}${CONFIG_FILE}` : "",
        initrd: platform === "xen" || mounted ? [] : [{ bytes: Buffer.from(config) }],
        secret: holdsSecret(spec),
        xenstore: platform === "xen" ? { key: XENSTORE_KEY, value: config } : undefined,
        ...(platform === "iso"
            ? {
                  medium: multibootMedium(kernel, {
                      blocks: spec.blocks.map((block) => ({ where: "medium", path: `/${imagePath(block)}` })),
                      files: mounted ? { [CONFIG_FILE]: config } : {},
                  }),
              }
            : {}),
        guestConfig: encodeConfig(mask(spec), platform, program),
    };
}
