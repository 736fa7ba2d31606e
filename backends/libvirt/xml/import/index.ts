/** Definitions of any making, as declarations. */
export { readForImport } from "./domain";
export type { Declared, Notes } from "./notes";
