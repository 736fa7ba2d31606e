import { derivedOutputs } from "../../spec";
import { shapesOf, unikernelRows } from "../../spec/arguments";
import { secretPlaces } from "../arguments";

/** Every argument of a unikernel, its form and default; what depends on other arguments or files is check's. */
export const unikernelShape = { ...shapesOf(unikernelRows), ...secretPlaces(derivedOutputs.unikernel) };
