// The types that the package's classes declare. Separate from index.ts so that compiling a program does not read zod's
// types.

export * from "./derived";
export { type Problem, UnikernelError } from "./error";
export * from "./fleet";
export type * from "./fleetMember";
export * from "./hostNetwork";
export * from "./image";
export * from "./network";
export * from "./notMade";
export type * from "./rollOut";
export * from "./values";
