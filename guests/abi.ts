import type { Problem, Platform, UnikernelSpec, EncodedGuest, GuestCapabilities, ConsoleVerdict } from "../spec";
import type { KernelFacts } from "./kernel";

/** What a spec's encoder may not find in the spec itself. */
export interface EncodeContext {
    platform: Platform;
    /** Local path of the initrd, when the spec has one. */
    initrd?: string;
    /** What the kernel file says of itself; needed where it decides how the guest is started. */
    kernel?: KernelFacts;
}

/**
 * A guest ABI: how one kind of unikernel is recognised, what it can do, how it is told its
 * configuration, and what its console means. One file each; backends never see its name.
 */
export interface GuestAbi {
    id: string;
    /** From the file's own marks. Undefined: not this ABI. `platforms`: what this binary was built for. */
    recognise(kernel: KernelFacts): { platforms: Platform[]; drivers?: string[] } | undefined;
    capabilities(kernel: KernelFacts): GuestCapabilities;
    /** Everything in the spec that this guest cannot take. Property paths as in the arguments. */
    check(spec: UnikernelSpec, kernel: KernelFacts): Problem[];
    /** Things that will probably not do what the user wants, but may. */
    warnings(spec: UnikernelSpec, kernel: KernelFacts): Problem[];
    /** Only called on a spec that passed check. */
    encode(spec: UnikernelSpec, context: EncodeContext): EncodedGuest;
    readConsole(text: string): ConsoleVerdict;
}
