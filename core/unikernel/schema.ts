import { derivedOutputs } from "../../spec";
import { shapesOf, unikernelRows } from "../../spec/arguments";
import { secretPlaces } from "../arguments";

/** The shape of each argument of a unikernel. Constraints that need other arguments or files belong to check. */
export const unikernelShape = { ...shapesOf(unikernelRows), ...secretPlaces(derivedOutputs.unikernel) };
