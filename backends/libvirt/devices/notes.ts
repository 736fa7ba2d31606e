import type { Attach, OnCrash } from "../../../model";

/** A definition in the words of arguments. */
export interface Declared {
    accelerator: "kvm" | "tcg";
    /** Whole MiB, or not: then it is refused too. */
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

/** What stands in a definition beside what can be declared. Texts name the thing: `VNC screen`, `disk vdb`. */
export class Notes {
    /** Without it the guest would not be the same. */
    readonly refused: string[] = [];
    /** The guest runs the same without it: our own definition does not have it. */
    readonly dropped: string[] = [];
    /** Our own definition says something else: `cpu: qemu64 → maximum`. */
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

/** A hundred of a kind are said once. */
function add(list: string[], text: string): void {
    if (!list.includes(text)) list.push(text);
}
