import type { UnikernelSpec } from "../../../model";
import type { Host } from "../host";
import type { DomainFacts, DomainModel } from "../model";
import type { Element, Tree } from "../xml";
import type { QemuFacts } from "./commandline";
import type { Commandline } from "./foreignCommandline";
import type { Hypervisor } from "./hypervisor";
import type { Declared, Notes } from "./notes";

/** Elements and arguments that a device has in a definition. */
export interface Rendered {
    /** Elements of `<domain>`. */
    domain?: Element[];
    /** Elements of `<devices>`. */
    devices?: Element[];
    /** Arguments for QEMU that libvirt passes on as they are. */
    qemuArgs?: string[];
}

/** A definition that was parsed. */
export interface DefinitionTree {
    domain: Tree;
    devices?: Tree;
    /** Arguments for QEMU that libvirt passes on, as far as this package wrote them. */
    qemu: QemuFacts;
}

/** A definition that an import reads, whoever wrote it. */
export interface ImportedTree extends Omit<DefinitionTree, "qemu"> {
    /** Arguments for QEMU that libvirt passes on, as far as they can be declared. */
    commandline: Commandline;
}

/** A value in state beside the values of the same thing on the host. */
export interface Comparison {
    property: keyof UnikernelSpec;
    applied: unknown;
    /** Return a value to compare with from the facts of a definition; the first that differs is the drift. */
    seen: ((facts: DomainFacts) => unknown)[];
}

/** Two definitions of one guest: the one by which it runs, and the one that it is to have. */
export interface Difference {
    running: DomainFacts;
    wanted: DomainFacts;
    hypervisor: Hypervisor;
    /** Networks without a bridge, of those that an interface leaves or comes to. */
    unbridged: string[];
}

/** A change that a hypervisor makes while the guest runs. */
export interface LiveChange {
    /** Return whether this hypervisor can make it. */
    possible(difference: Difference): boolean;
    /**
     * It is possible also right after the guest went on from its saved memory. Left out: then the guest boots instead.
     */
    afterSave?: true;
    /** Make it. The definition for the next boot has it already. */
    make(
        host: Host,
        uuid: string,
        change: { running?: DomainFacts; wanted: DomainFacts; model: DomainModel },
    ): Promise<void>;
}

/** One kind of thing that a domain has, and everything that this package knows of it. */
export interface Device<Read extends Partial<DomainFacts> = Partial<DomainFacts>> {
    /** Arguments of a unikernel that end in it. */
    arguments?: readonly (keyof UnikernelSpec)[];
    /** Return how a definition says it. */
    render?(model: DomainModel, hypervisor: Hypervisor): Rendered;
    /** Return the facts of it in a definition: equal ones from what was rendered and from what libvirt returns. */
    read?(definition: DefinitionTree): Read;
    /**
     * Return the facts in which two definitions are compared, by the property that decides them. Their JSON is part of
     * the digest that tells an
     * edited definition, which marks keep: a changed form would make every guest look edited.
     */
    compared?(facts: DomainFacts): Record<string, unknown>;
    /** Return what a refresh compares with state. */
    drift?(applied: UnikernelSpec): Comparison[];
    /** By property of `compared`. */
    live?: Record<string, LiveChange>;
    import?: {
        /** Elements of `<domain>` that need no note: read here, or without a consequence for the guest. */
        elements?: readonly string[];
        /** Functions that note an element of `<devices>` for an import, by its name. */
        devices?: Record<string, (device: Tree, notes: Notes) => void>;
        /** Return what can be declared of it, and note the rest. */
        declare?(definition: ImportedTree, notes: Notes): Partial<Declared>;
    };
}
