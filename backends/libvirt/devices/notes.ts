import type { Attach, OnCrash } from "../../../model";

/** A definition as the arguments of a unikernel. */
export interface Declared {
    accelerator: "kvm" | "tcg";
    /** MiB. A fraction is also noted as refused. */
    memory: number;
    vcpus: number;
    onCrash: OnCrash;
    kernel?: string;
    initrd?: string;
    cmdline: string;
    /** In the guest's order. */
    blocks: { path: string; writable: boolean; format: "raw" | "qcow2" }[];
    /** In the guest's order. */
    interfaces: { mac: string; attach: Attach }[];
    gdb?: { address: string; port: number };
    qemuArgs: string[];
}

/** The parts of a definition that cannot be declared. Texts name the thing: `VNC screen`, `disk vdb`. */
export class Notes {
    /** Parts without which the guest would be another one. */
    readonly refused: string[] = [];
    /** Parts without which the guest runs as before: the new definition does not have them. */
    readonly dropped: string[] = [];
    /** Parts that the new definition has in another form: `cpu: qemu64 → maximum`. */
    readonly changed: string[] = [];

    refuse(what: string): void {
        add(this.refused, what);
    }
    drop(what: string): void {
        add(this.dropped, what);
    }
    change(what: string, from: string, to: string): void {
        add(this.changed, `${what}: ${from} → ${to}`);
    }
}

/** Add a text once, however often it is found. */
function add(list: string[], text: string): void {
    if (!list.includes(text)) list.push(text);
}
