import type { Platform, Problem, UnikernelSpec } from "../../model";
import type { EncodeContext, GuestAbi } from "../abi";
import { bootsByMultiboot, findNote, type KernelFacts, noteText, XEN_NOTE } from "../kernel";
import { multibootMedium } from "../medium";
import { unikraftCapabilities } from "./capabilities";
import { checkUnikraft } from "./check";
import { PARAMETERS, quote, words } from "./commandLine";
import { readUnikraftConsole } from "./console";
import { takes } from "./parameters";

/**
 * unikraft: programs on Unikraft (unikraft.org), as its releases 0.17 and 0.18 take their configuration: by the command
 * line alone, and files in an initrd that becomes the root file system.
 */
export const unikraft: GuestAbi = {
    id: "unikraft",
    recognise,
    capabilities: unikraftCapabilities,
    check: checkUnikraft,
    warnings: warnUnikraft,
    encode,
    readConsole: readUnikraftConsole,
    // lwIP renews its lease.
    requestsAddress: () => "renewal",
};

/** Of Unikraft, and of a build for a platform that we run: its file also has to be one that the loader takes. */
function recognise(kernel: KernelFacts): ReturnType<GuestAbi["recognise"]> {
    const guestOs = findNote(kernel, "Xen", XEN_NOTE.guestOs);
    if (guestOs && noteText(guestOs) === "Unikraft") return { platforms: ["xen"] };
    const build = kernel.elf?.unikraft;
    if (!build?.libraries.includes("libkvmplat") || !kernel.multiboot) return undefined;
    const platforms: Platform[] = bootsByMultiboot(kernel) ? ["kvm", "iso"] : ["iso"];
    return { platforms };
}

function warnUnikraft(spec: UnikernelSpec): Problem[] {
    return spec.interfaces.flatMap(({ ipv4 }, index) =>
        ipv4 !== undefined
            ? []
            : [
                  {
                      property: `interfaces[${index}].ipv4`,
                      reason: "Unikraft requests an address by DHCP on an interface without one",
                  },
              ],
    );
}

function encode(spec: UnikernelSpec, { platform, initrd, kernel }: EncodeContext): ReturnType<GuestAbi["encode"]> {
    const line = words({ ...spec, platform }, takes(kernel?.elf?.unikraft, PARAMETERS.fileSystems))
        .map(quote)
        .join(" ");
    return {
        cmdline: line,
        initrd: initrd === undefined ? [] : [{ file: initrd }],
        secret: false,
        ...(platform === "iso" ? { medium: multibootMedium(kernel) } : {}),
        guestConfig: line,
    };
}
