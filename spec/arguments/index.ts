import { blockImageRows } from "./blockImage";
import { bootRows } from "./boot";
import { deviceRows } from "./devices";
import { identityRows } from "./identity";
import { lifecycleRows } from "./lifecycle";
import { mediumRows } from "./medium";
import { privateRows, unikernelPrivateRows } from "./private";
import { namesWhere } from "./row";

// A door of its own: the package's classes, which run in each program, need no zod.

export { unikernelElements } from "./devices";
export { NAME_PATTERN } from "./identity";
export { mediumRows } from "./medium";
export { interfaceRows, interfaceShape } from "./networkInterface";
export * from "./row";
export { blockImageRows };

/** Every argument of a unikernel, in the order in which messages and schema name them. */
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

/** What only constructors send, of whatever resource. */
export const privateArguments: readonly string[] = namesWhere(
    { ...unikernelRows, ...blockImageRows },
    (row) => row.private === true,
);
