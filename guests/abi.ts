import type {
    ConsoleVerdict,
    EncodedGuest,
    GuestCapabilities,
    InterfaceSpec,
    Platform,
    Problem,
    UnikernelSpec,
} from "../model";
import type { KernelFacts } from "./kernel";

/** Input of an encoder beyond the spec. */
export interface EncodeContext {
    platform: Platform;
    /** Local path of the initrd, when the spec has one. */
    initrd?: string;
    /** Facts of the kernel file; set where they decide how the guest is started. */
    kernel?: KernelFacts;
}

/** The boot configuration of any guest, as a host shows it. */
export interface BootConfig {
    platform: Platform;
    /** The kernel command line, without the kernel's own path. */
    cmdline: string;
    /** The initrd or first boot module, if it is a short text. */
    module?: string;
    /** Number of disks. */
    blocks: number;
    interfaces: number;
}

/** The same configuration in terms of arguments. */
export interface DecodedConfig {
    args: string[];
    env: Record<string, string>;
    hostname?: string;
    /** For each disk, in order; undefined: not mounted. */
    mounts: (string | undefined)[];
    /** For each interface, in order. */
    interfaces: Pick<InterfaceSpec, "ipv4" | "ipv6">[];
}

/**
 * When a guest requests an address by DHCP. `once`: at its boot. `renewal`: also when it renews its lease, which takes
 * half of the lease's time. In each case a restart is what gives it a changed address at once.
 */
export type AddressRequests = "once" | "renewal" | "unknown";

/**
 * A guest ABI: how to recognise one kind of unikernel, its capabilities, its boot configuration, and the meaning of its
 * console. One file each; backends never see its name.
 */
export interface GuestAbi {
    id: string;
    /**
     * Recognise a kernel by the marks in its file; undefined when it is not of this ABI. `platforms`: the platforms
     * that this binary was built for.
     */
    recognise(kernel: KernelFacts): { platforms: Platform[]; drivers?: string[] } | undefined;
    capabilities(kernel: KernelFacts): GuestCapabilities;
    /** Return every problem of the spec for this guest. Property paths as in the arguments. */
    check(spec: UnikernelSpec, kernel: KernelFacts): Problem[];
    /** Return settings that are allowed but probably do not do what the user wants. */
    warnings(spec: UnikernelSpec, kernel: KernelFacts): Problem[];
    /** Encode a spec that passed check. */
    encode(spec: UnikernelSpec, context: EncodeContext): EncodedGuest;
    readConsole(text: string): ConsoleVerdict;
    /** The key of xenstore by which it gets its configuration on Xen, where it gets it so. */
    xenstoreKey?: string;
    /** Return when a guest requests its address by DHCP again, after the request at its boot. */
    requestsAddress(spec: Pick<UnikernelSpec, "args">): AddressRequests;
    /** Decode what `encode` or a person wrote; undefined when any of it is not understood. */
    decode?(config: BootConfig): DecodedConfig | undefined;
}
