import { same } from "../canonical";
import type { StoredInputs, StoredOutputs } from "./inputs";

type Properties = Record<string, unknown>;

/**
 * State holds everything twice and has to stay small: these values are left out of it. This is the form of state, not
 * the arguments' defaults: those may change in a later release, this may not.
 */
const LEFT_OUT: Properties = {
    args: [],
    env: {},
    blocks: [],
    interfaces: [],
    secrets: [],
    autostart: false,
    adopt: false,
    deleteData: false,
    vcpus: 1,
    accelerator: "auto",
    onCrash: "destroy",
    shutdownTimeout: 30,
    keepLast: 1,
};

/** What goes into state. */
export function toState(properties: object): Properties {
    const { digests, ...rest } = properties as Properties;
    // Each block has its own digest.
    const { blocks: _, ...own } = Object(digests);
    const kept = Object.entries({ ...rest, ...(digests === undefined ? {} : { digests: own }) });
    return Object.fromEntries(kept.filter(([name, value]) => value !== undefined && !same(value, LEFT_OUT[name])));
}

/** What was put into state; of a resource that is not in it yet, nothing. */
export function fromState(state: Properties): StoredInputs {
    if (Object.keys(state).length === 0) return {} as StoredInputs;
    const whole = { ...LEFT_OUT, ...state } as unknown as StoredInputs;
    const blocks = Array.isArray(whole.blocks) ? whole.blocks.map(({ digest }) => digest) : [];
    return { ...whole, digests: { ...whole.digests, blocks } };
}

export function outputsFromState(state: Properties): StoredOutputs {
    return fromState(state) as StoredOutputs;
}
