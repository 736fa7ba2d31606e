import type { Fault } from "./watch";

type Properties = Record<string, unknown>;

/** What state has of a guest: its inputs and outputs. */
export interface Known {
    inputs: Properties;
    outputs: Properties;
}

/** One step of an engine, done by a worker. `known` is left out while state does not have the guest. */
export type Job =
    | { operation: "deploy"; args: Properties; known?: Known; fault?: Fault }
    | { operation: "refresh"; known: Known }
    | { operation: "destroy"; known: Known; fault?: Fault };

/** `changed`: a deployment had something to do; a refresh found something for the next deployment. Without `known` the guest is gone. */
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
