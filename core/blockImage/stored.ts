import { SCHEMA_VERSION } from "../../model";

type Outputs = Record<string, unknown>;

/**
 * Return the outputs of any release in the form of this one. Before, the file's size was called `bytes`, and `size`
 * repeated the argument, in MiB. The version rises with the form: a release that takes `size` for the argument refuses
 * to read it.
 */
export function currentOutputs(outs: Outputs): Outputs {
    if (!isOldForm(outs)) return outs;
    const { bytes, ...others } = outs;
    return { ...others, schemaVersion: SCHEMA_VERSION, size: bytes };
}

/**
 * Return whether a program that reads `size` from this state would take the argument, in MiB, for the size of the file.
 */
export function isSizeMistakable(outs: Outputs): boolean {
    return isOldForm(outs) && outs.size !== undefined;
}

const isOldForm = (outs: Outputs): boolean => typeof outs.bytes === "number";
