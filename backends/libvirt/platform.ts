import type { ErrorCode, GuestCapabilities, GuestPlan, Platform, Problem, UnikernelSpec } from "../../spec";
import type { ConsequenceTable, Context } from "../backend";
import type { Host, HostFile, LeaseRecord } from "./host";
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
    /** Xen: what serves disks, a QEMU or the kernel by loop devices. @default "qemu" */
    disks?: "qemu" | "loop";
}

/** Where what a guest prints is kept. */
export interface KeptConsole {
    /** For people; "" while nobody keeps it. `last`: of the boot before. */
    path(which?: "last"): Promise<string>;
    /** The end of what was printed since our last start; undefined while it is not kept or cannot be read: then one listens. */
    read(bytes: number): Promise<string | undefined>;
    /** Bytes printed since our last start; undefined while it is not kept. `files`: those of the guest's folder, where they were listed already. */
    size(files?: HostFile[]): Promise<number | undefined>;
    /** Before a start: what is there is of the boot before. */
    turn(): Promise<void>;
    /** With the guest, both boots. */
    remove(): Promise<void>;
}

/** A guest, and what its declaration says of the way to its host. */
export type GuestWay = Pick<UnikernelSpec, "uuid" | "name" | "sshTarget">;

export interface RunningGuest {
    uuid: string;
    /** Of its definition: `kvm`, `qemu`. */
    type: string;
    /** Name of the file in its folder that it booted from; undefined where that lies elsewhere. */
    kernel?: string;
}

/** What a guest is told between a paused start and its first instruction. */
export interface Told {
    /** Names the place in the running domain: a key of its own folder in xenstore. */
    key: string;
    value: string;
}

/** What a definition or a start that failed says, and the property that is behind it. */
export interface StartRule {
    /** Part of what libvirt, QEMU or libxl says; tests hold whole messages with the versions that said them. */
    says: RegExp;
    code: ErrorCode;
    property(spec: UnikernelSpec, found: string[]): string | undefined;
    summary(found: string[], spec: UnikernelSpec): string;
    hint?(found: string[]): string;
}

/** What kvm and xen each bring to the lifecycle that they share. */
export interface LibvirtPlatform {
    platform: Platform;
    /** The scheme of its URIs, without a transport. */
    driver?: "qemu" | "xen";
    /** Reads definitions that it did not make. */
    imports?: boolean;
    defaultConnection(): string;
    consequences: ConsequenceTable;
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
    ipAddresses(spec: Pick<UnikernelSpec, "interfaces">, leases: LeaseRecord[]): string[];
    consoleCommand(spec: Pick<UnikernelSpec, "connection" | "name">): string;
    /** Left out: the console is kept in the guest's own folder, where its definition says. */
    console?(host: Host, guest: GuestWay): KeptConsole;
    /**
     * Tells a guest that is paused, and has not run, what it cannot be told before. `id`: the running domain's number.
     * Throws when it was not told; the caller then destroys the domain.
     */
    beforeResume?(host: Host, guest: GuestWay, id: number, told: Told): Promise<void>;
    /** Whether what runs was told: somebody else may have started it. */
    wasTold?(host: Host, guest: GuestWay, id: number, key: string): Promise<boolean>;
    /**
     * Asks a running domain to shut down, and returns at once. False: nothing leads there, so libvirt is to ask.
     * Left out: libvirt always asks.
     */
    askToShutDown?(host: Host, guest: GuestWay, id: number): Promise<boolean>;
    /** Opens the port of a debugger on a guest that is paused and has not run. Throws when it did not open; the caller then destroys the domain. */
    debug?(host: Host, guest: GuestWay, id: number, port: number): Promise<void>;
    /** Ends what serves such a port, before its guest is ended. Gone already is success. */
    endDebug?(host: Host, guest: GuestWay): Promise<void>;
    /** Lines about a start that just failed, oldest first, where libvirt itself says only that it did. `took`: milliseconds from its begin. */
    explain?(host: Host, guest: GuestWay, took: number): Promise<string[]>;
    /**
     * Whether a guest that starts on this host now may open files that only their owner may read (mode 0600). Left out: always.
     * @param running a guest that runs there: what the host did with its files is asked before anything is tried
     */
    opensPrivateFiles?(host: Host, running: RunningGuest): Promise<boolean>;
    /** Looked through before those that both platforms share. */
    startErrors?: StartRule[];
}
