import type {
    ConsoleVerdict,
    EncodedGuest,
    GuestCapabilities,
    InterfaceSpec,
    Platform,
    Problem,
    UnikernelSpec,
} from "../spec";
import type { KernelFacts } from "./kernel";

/** What a spec's encoder may not find in the spec itself. */
export interface EncodeContext {
    platform: Platform;
    /** Local path of the initrd, when the spec has one. */
    initrd?: string;
    /** What the kernel file says of itself; needed where it decides how the guest is started. */
    kernel?: KernelFacts;
}

/** What a guest of any making is told at its start. */
export interface Told {
    platform: Platform;
    /** The kernel command line, without the kernel's own path. */
    cmdline: string;
    /** The initrd or first boot module, where it is a short text. */
    module?: string;
    /** How many disks and interfaces it has. */
    blocks: number;
    interfaces: number;
}

/** The same in the words of arguments. */
export interface Understood {
    args: string[];
    env: Record<string, string>;
    hostname?: string;
    /** For each disk in its order; undefined: not mounted. */
    mounts: (string | undefined)[];
    /** For each interface in its order. */
    interfaces: Pick<InterfaceSpec, "ipv4" | "ipv6">[];
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
    /** The way back from what `encode` makes, or from what others wrote by hand. Undefined: not all of it is understood. */
    decode?(told: Told): Understood | undefined;
}
