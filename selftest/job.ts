import type { Fault } from "./watch";

type Properties = Record<string, unknown>;

/** A guest in state: its inputs and outputs. */
export interface Known {
    inputs: Properties;
    outputs: Properties;
}

/** One operation of an engine, for a worker. `known` is left out while state does not have the guest. */
export type Job =
    | { operation: "deploy"; args: Properties; known?: Known; fault?: Fault }
    | { operation: "refresh"; known: Known }
    | { operation: "destroy"; known: Known; fault?: Fault };

/**
 * `changed`: a deployment changed something, or a refresh found something for the next deployment to change. Without
 * `known` the guest is gone.
 */
export interface Done {
    known?: Known;
    changed: boolean;
    calls: string[];
    said: string[];
}

export interface Failure {
    message: string;
    code?: string;
    calls: string[];
}

export type Reply = { done: Done } | { failure: Failure };
