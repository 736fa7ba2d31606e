import type { ErrorCode, GuestCapabilities, GuestPlan, Platform, Problem, UnikernelSpec } from "../../model";
import type { ConsequenceTable, Context, OutputOptions, OutputReader } from "../backend";
import type { HostProblem } from "../capabilities";
import type { Host, LeaseRecord, Renames } from "./host";
import type { DomainModel } from "./model";

/** Absolute paths on the host. */
export interface BootPaths {
    kernel: string;
    initrd?: string;
    /** In the order of spec.blocks. */
    disks: string[];
    log: string;
}

/** The decisions that depend on the host, as plain data. */
export interface Choices {
    accelerator: "kvm" | "tcg" | "xen";
    /** The program behind `user` interfaces. */
    userNet: "qemu" | "passt";
    /** Xen: the server of disks, which is QEMU or the kernel with loop devices. @default "qemu" */
    disks?: "qemu" | "loop";
}

/** The stored console output of a guest. */
export interface KeptConsole {
    /**
     * Return the path to show to people; "" while no program stores the output. `last`: the path for the previous boot.
     */
    path(which?: "last"): Promise<string>;
    /**
     * Return the end of the output since our last start; undefined while it is not stored or cannot be read. The caller
     * then opens the console and listens.
     */
    read(bytes: number): Promise<string | undefined>;
    /**
     * Return at most `length` bytes of the stored output, from an offset on or the last ones, as latin1 text. Left out:
     * only `read` reads it.
     */
    readFrom?(offset: number | undefined, length: number): Promise<string>;
    /** Return the number of bytes printed since our last start; undefined while the output is not stored. */
    size(): Promise<number | undefined>;
    /**
     * Return size and end of the output at once; the text may be left out where the size is the known one. Left out: two
     * calls do it.
     */
    end?(bytes: number, known: number | undefined): Promise<{ size: number; text: string } | undefined>;
    /** Return a reader of the stored output, from its beginning on; undefined while the output is not stored. */
    output(options: OutputOptions): Promise<OutputReader | undefined>;
    /** Mark the output so far as that of the previous boot. Called before a start. */
    rotate(): Promise<void>;
    /** The renames that `rotate` makes, where a script for the host's files can make them. */
    renames?: Renames;
    /** Remove the output of both boots. Called when the guest is removed. */
    remove(): Promise<void>;
}

/** A guest, and the part of its declaration that says how to reach its host. */
export type GuestAccess = Pick<UnikernelSpec, "uuid" | "name" | "sshTarget">;

export interface RunningGuest {
    uuid: string;
    /** The type of its domain: `kvm`, `qemu`. */
    type: string;
    /** Name of the kernel file in its folder that it booted from; undefined where the file is in another folder. */
    kernel?: string;
}

/** A value that a guest gets between its paused start and its first instruction. */
export interface RuntimeConfig {
    /** Where the running domain finds it: a key in the domain's own folder in xenstore. */
    key: string;
    value: string;
}

/** Maps the message of a failed definition or start to an error and the property that causes it. */
export interface StartRule {
    /** Part of a message of libvirt, QEMU or libxl. Tests hold the whole messages and the versions that print them. */
    says: RegExp;
    code: ErrorCode;
    property(spec: UnikernelSpec, found: string[]): string | undefined;
    summary(found: string[], spec: UnikernelSpec): string;
    hint?(found: string[]): string;
}

/** The parts of the shared lifecycle that differ between kvm and xen. */
export interface LibvirtPlatform {
    platform: Platform;
    /** The scheme of its URIs, without the transport. */
    driver?: "qemu" | "xen";
    /** It can import definitions that another program made. */
    imports?: boolean;
    defaultConnection(): string;
    consequences: ConsequenceTable;
    /** Return the problems of a spec that this platform cannot realise, from the spec alone. Asks no host. */
    check(spec: UnikernelSpec, guest: GuestCapabilities): Problem[];
    /** Return the problems of a spec with its host, as HostChecker does; none where the host cannot be asked. */
    hostProblems?(spec: UnikernelSpec, open: () => Promise<Host>): Promise<HostProblem[]>;
    /**
     * Ask the host for what the model needs to know. The only side effect is a probe guest, removed before this
     * returns. Throws `unsupported` with a hint where the host cannot do what the spec requires.
     */
    choose(host: Host, plan: GuestPlan, context: Context): Promise<Choices>;
    /** Return the domain of a plan. A pure function. */
    model(plan: GuestPlan, paths: BootPaths, choices: Choices): DomainModel;
    /**
     * Return one address for each interface, by static address, forward, lease or reservation; "" where none is known.
     */
    ipAddresses(spec: Pick<UnikernelSpec, "interfaces">, leases: LeaseRecord[]): string[];
    consoleCommand(spec: Pick<UnikernelSpec, "connection" | "name">): string;
    /**
     * Return for how many seconds running guests have run, by uuid and by the host's own clock; a guest is missing where
     * that is not known. libvirt has no call for it.
     * @param sshTarget as in `GuestAccess`
     */
    uptimes(host: Host, uuids: string[], sshTarget?: string): Promise<Map<string, number>>;
    /**
     * Return the guest's stored console output. Left out: the log is in the guest's folder, where its definition says.
     */
    console?(host: Host, guest: GuestAccess): KeptConsole;
    /**
     * Give a guest that is paused, and has not run yet, a value that it cannot get earlier.
     * Throws when that fails; the caller then destroys the domain.
     * @param id the running domain's number
     */
    writeRuntimeConfig?(host: Host, guest: GuestAccess, id: number, told: RuntimeConfig): Promise<void>;
    /** Return whether the running guest got its value: another program may have started it. */
    hasRuntimeConfig?(host: Host, guest: GuestAccess, id: number, key: string): Promise<boolean>;
    /**
     * Ask a running domain to shut down, and return at once. Return false where the domain cannot be reached this way:
     * the caller then asks through libvirt. Left out: the caller always asks through libvirt.
     */
    askToShutDown?(host: Host, guest: GuestAccess, id: number): Promise<boolean>;
    /**
     * Open the port of a debugger on a guest that is paused and has not run yet. Throws when it does not open; the
     * caller then destroys the domain.
     */
    debug?(host: Host, guest: GuestAccess, id: number, port: number): Promise<void>;
    /** End the process that serves such a port, before the guest ends. Succeeds when it is gone already. */
    endDebug?(host: Host, guest: GuestAccess): Promise<void>;
    /**
     * Return log lines about a start that has just failed, oldest first, where libvirt reports only the failure.
     * @param took milliseconds since the start began
     */
    explain?(host: Host, guest: GuestAccess, took: number): Promise<string[]>;
    /**
     * Return whether a guest that starts on this host can open files that only their owner may read (mode 0600).
     * Left out: always true.
     * @param running a guest that runs there: the owner of its files answers the question without a trial
     */
    opensPrivateFiles?(host: Host, running: RunningGuest): Promise<boolean>;
    /** Rules that are tried before those that both platforms share. */
    startErrors?: StartRule[];
}
