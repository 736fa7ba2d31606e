import { UnikernelError, type Platform } from "../spec";
import type { GuestAbi } from "./abi";
import type { KernelFacts } from "./kernel";
import { linux } from "./linux";
import { raw } from "./raw";
import { rumprun } from "./rumprun";
import { describeKernel } from "./unsupported";

export type { EncodeContext, GuestAbi } from "./abi";
export { readKernel, type ElfFacts, type ElfNote, type KernelFacts, type LinuxFacts, type MultibootFacts } from "./kernel";
export { describeKernel };

/** Every guest ABI; the order is the one in which they are asked whether they know a kernel. */
export const abis: readonly GuestAbi[] = [rumprun, linux, raw];

export interface Recognised {
    abi: GuestAbi;
    /** What this binary was built for. */
    platforms: Platform[];
    /** Drivers that are linked in, by the guest's names; undefined where the binary does not tell. */
    drivers?: string[];
}

/** @throws UnikernelError `invalid` for an id that there is not */
export function abi(id: string): GuestAbi {
    const found = abis.find((one) => one.id === id);
    if (found) return found;
    throw new UnikernelError("invalid", `there is no guest "${id}"; expected one of ${abis.map((one) => one.id).join(", ")}`, { property: "guest" });
}

/** The guest that a kernel's own marks name. `raw` is never the answer: it is for those who ask for it. */
export function recognise(kernel: KernelFacts): Recognised | undefined {
    for (const one of abis) {
        const found = one === raw ? undefined : one.recognise(kernel);
        if (found) return { abi: one, ...found };
    }
    return undefined;
}

/**
 * The guest of a kernel: the one asked for, which must take this kernel, or the one recognised.
 * The caller compares `platforms` with the platform that is wanted.
 * @param id `guest` of the arguments
 * @throws UnikernelError `invalid`, saying what the kernel is
 */
export function resolveGuest(kernel: KernelFacts, id?: string): Recognised {
    if (id === undefined) {
        const found = recognise(kernel);
        if (found) return found;
        const hint = raw.recognise(kernel) ? 'guest: "raw" boots it with the command line that args make' : undefined;
        throw new UnikernelError("invalid", `this is ${describeKernel(kernel)}`, { property: "kernel", hint });
    }
    const wanted = abi(id);
    const found = wanted.recognise(kernel);
    if (found) return { abi: wanted, ...found };
    throw new UnikernelError("invalid", `guest "${id}" does not take this kernel: it is ${recognise(kernel)?.abi.id ?? describeKernel(kernel)}`, { property: "guest" });
}
