import type { GuestCapabilities, GuestPlan, Platform, Problem, UnikernelSpec } from "../../spec";
import type { ConsequenceTable, Context } from "../backend";
import type { Host, LeaseRecord } from "./host";
import type { DomainModel } from "./model";

/** Absolute paths on the host. */
export interface BootPaths {
    kernel: string;
    initrd?: string;
    /** In the order of spec.blocks. */
    disks: string[];
    log: string;
}

/** What a host decided: plain data. */
export interface Choices {
    accelerator: "kvm" | "tcg" | "xen";
    /** The program behind `user` interfaces. */
    userNet: "qemu" | "passt";
}

/** What kvm and xen each bring to the lifecycle that they share. */
export interface LibvirtPlatform {
    platform: Platform;
    defaultConnection(): string;
    consequences: ConsequenceTable;
    meaningless: Record<string, string>;
    /** Refuses, from the spec alone, what this platform cannot do. Touches no host. */
    check(spec: UnikernelSpec, guest: GuestCapabilities): Problem[];
    /**
     * Asks the host what the model needs to know. No side effects but a probe guest, which is gone when this returns.
     * Throws `unsupported` with a hint where the host cannot do what the spec insists on.
     */
    choose(host: Host, plan: GuestPlan, context: Context): Promise<Choices>;
    /** Pure: the same in, the same out. */
    model(plan: GuestPlan, paths: BootPaths, choices: Choices): DomainModel;
    /** One address for each interface, by static address, forward, lease or reservation; "" where nothing is known. */
    ipAddresses(spec: UnikernelSpec, leases: LeaseRecord[]): string[];
    consoleCommand(spec: UnikernelSpec): string;
}
