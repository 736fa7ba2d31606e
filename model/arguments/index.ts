import { blockImageRows } from "./blockImage";
import { bootRows } from "./boot";
import { deviceRows } from "./devices";
import { identityRows } from "./identity";
import { lifecycleRows } from "./lifecycle";
import { mediumRows } from "./medium";
import { networkRows } from "./network";
import { privateRows, unikernelPrivateRows } from "./private";
import { namesWhere } from "./row";

// Not exported by model/index.ts: the package's classes run in each program and need no zod.

export { cidrProblem } from "./address";
export { unikernelElements } from "./devices";
export { CONNECTION_PATTERN, EXPECTED_CONNECTION, NAME_PATTERN } from "./forms";
export { mediumRows } from "./medium";
export { interfaceRows, interfaceShape } from "./networkInterface";
export { rollOutShape } from "./private";
export * from "./row";
export { blockImageRows, networkRows };

/** Every argument of a unikernel, in the order of messages and schema. */
export const unikernelRows = {
    ...identityRows,
    ...bootRows,
    ...deviceRows,
    ...lifecycleRows,
    ...mediumRows,
    ...privateRows,
    ...unikernelPrivateRows,
};

export type UnikernelRows = typeof unikernelRows;
/** An argument of a unikernel that a program writes. */
export type UnikernelArgument = Exclude<
    keyof UnikernelRows,
    keyof typeof privateRows | keyof typeof unikernelPrivateRows
>;

/** Arguments by theme: those of the other themes reach no device of a guest. */
export type BootArgument = keyof typeof bootRows;
export type DeviceArgument = keyof typeof deviceRows;

/** Names of the arguments that only constructors send, of all resources. */
export const privateArguments: readonly string[] = namesWhere(
    { ...unikernelRows, ...blockImageRows, ...networkRows },
    (row) => row.private === true,
);
