import type { Platform } from "../model";
import type { GuestAbi } from "./abi";
import type { KernelFacts } from "./kernel";
import { linux } from "./linux";
import { raw } from "./raw";
import { rumprun } from "./rumprun";
import { solo5 } from "./solo5";
import { unikraft } from "./unikraft";
import { describeKernel } from "./unsupported";

export type { AddressRequests, BootConfig, DecodedConfig, EncodeContext, GuestAbi } from "./abi";
export {
    type ElfFacts,
    type ElfNote,
    type KernelFacts,
    type LinuxFacts,
    type MultibootFacts,
    readKernel,
    type UnikraftFacts,
} from "./kernel";
export { frame as initramfsFrame } from "./linux/cpio";
export { PROBE_STAGES, type ProbeVerdict, probeKernel, readProbe } from "./probe";
export { MASK, maskIn } from "./secrets";
export { describeKernel };

/** Every guest ABI, in the order in which they are tried on a kernel. */
export const abis: readonly GuestAbi[] = [rumprun, linux, unikraft, solo5, raw];

export interface Recognised {
    abi: GuestAbi;
    /** The platforms that this binary was built for. */
    platforms: Platform[];
    /** Drivers that are linked in, by the guest's names; undefined where the binary does not show them. */
    drivers?: string[];
}

/** The valid values of `guest`. */
export const guestIds: readonly string[] = abis.map((one) => one.id);

export function guestAbi(id: string): GuestAbi | undefined {
    return abis.find((one) => one.id === id);
}

/**
 * Return the guest that the marks in a kernel name; the caller compares `platforms` with the wanted platform. `raw` is
 * never returned: users select it explicitly. If there is none, describeKernel describes the file.
 */
export function recognise(kernel: KernelFacts): Recognised | undefined {
    for (const one of abis) {
        const found = one === raw ? undefined : one.recognise(kernel);
        if (found) return { abi: one, ...found };
    }
    return undefined;
}
