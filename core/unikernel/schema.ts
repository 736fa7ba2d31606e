import { derivedOutputs } from "../../model";
import { shapesOf, unikernelRows } from "../../model/arguments";
import { secretPlaces } from "../arguments";

/** The shape of each argument of a unikernel. Constraints that need other arguments or files belong to check. */
export const unikernelShape = { ...shapesOf(unikernelRows), ...secretPlaces(derivedOutputs.unikernel) };
