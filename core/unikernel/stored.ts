import { same } from "../../model";
import { defaultOf, type Row, unikernelRows } from "../../model/arguments";
import type { StoredInputs, StoredOutputs } from "./inputs";

type Properties = Record<string, unknown>;

/**
 * Arguments at their defaults are left out of state, which holds everything twice and must stay small. The form of
 * state never changes: a release that changes a default must list here the value that state leaves out
 * (tests/unit/core/stored.test.ts).
 */
const LEFT_OUT: Properties = Object.fromEntries(
    Object.entries<Row>(unikernelRows).flatMap(([name, row]) => {
        const value = row.stored === "always" ? undefined : defaultOf(row);
        return value === undefined ? [] : [[name, value]];
    }),
);

/** Return properties in the form of state. */
export function toState(properties: object): Properties {
    const { digests, ...rest } = properties as Properties;
    // Each block has its own digest.
    const { blocks: _, ...own } = Object(digests);
    const kept = Object.entries({ ...rest, ...(digests === undefined ? {} : { digests: own }) });
    return Object.fromEntries(kept.filter(([name, value]) => value !== undefined && !same(value, LEFT_OUT[name])));
}

/** Return properties from the form of state; empty for a resource that is not in state yet. */
export function fromState(state: Properties): StoredInputs {
    if (Object.keys(state).length === 0) return {} as StoredInputs;
    const whole = { ...LEFT_OUT, ...state } as unknown as StoredInputs;
    const blocks = Array.isArray(whole.blocks) ? whole.blocks.map(({ digest }) => digest) : [];
    return { ...whole, digests: { ...whole.digests, blocks } };
}

export function outputsFromState(state: Properties): StoredOutputs {
    return fromState(state) as StoredOutputs;
}
