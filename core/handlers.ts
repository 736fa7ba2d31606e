import type { Problem } from "../model";

export interface DiffResult {
    /** Undefined: something changed, and the engine compares the inputs itself. */
    changes: boolean | undefined;
    replaces: string[];
    deleteBeforeReplace: boolean;
}

/** One property that differs, for a process that can show each one. */
export interface PropertyChange {
    /** Path as in the arguments: `env.GREETING`, `blocks[0]`. */
    property: string;
    from: unknown;
    to: unknown;
    /** `live`, `restart`, `replace`, `rebuild`. */
    consequence: string;
}

/** The guest to import: by `uuid` or `name`, at a libvirt URI or the default one. */
export interface ImportTarget {
    urn: string;
    connection?: string;
    uuid?: string;
    name?: string;
    /** This stack may declare arguments for QEMU itself. */
    allowQemuArgs?: boolean;
}

/** The lifecycle of one kind of resource, in Pulumi's order; plain data in and out. */
export interface Handlers {
    check(
        olds: Record<string, unknown>,
        news: Record<string, unknown>,
    ): Promise<{ inputs: Record<string, unknown>; failures: Problem[] }>;
    diff(id: string, olds: Record<string, unknown>, news: Record<string, unknown>): Promise<DiffResult>;
    create(inputs: Record<string, unknown>): Promise<{ id: string; outs: Record<string, unknown> }>;
    read(
        id: string,
        props: Record<string, unknown>,
    ): Promise<{ id: string; props: Record<string, unknown>; inputs?: Record<string, unknown> }>;
    update(
        id: string,
        olds: Record<string, unknown>,
        news: Record<string, unknown>,
    ): Promise<{ outs: Record<string, unknown> }>;
    delete(id: string, props: Record<string, unknown>): Promise<void>;
    /** Return the differences of the resource itself, where they are fewer than those of its inputs. */
    differences?(olds: Record<string, unknown>, news: Record<string, unknown>): PropertyChange[];
    /** Read an object that is not in state from its host, as `read` would; undefined when it does not exist. */
    importGuest?(
        target: ImportTarget,
    ): Promise<{ id: string; props: Record<string, unknown>; inputs: Record<string, unknown> } | undefined>;
}

/** The engine's placeholder for a value that is known only after another resource is created. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export function isUnknown(value: unknown): boolean {
    return value === UNKNOWN;
}

/** Return whether the value, or anything inside it, is unknown. */
export function containsUnknown(value: unknown): boolean {
    if (Array.isArray(value)) return value.some(containsUnknown);
    if (value !== null && typeof value === "object") return Object.values(value).some(containsUnknown);
    return isUnknown(value);
}
