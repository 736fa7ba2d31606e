/** The functions that programs of every language can call. */

export type { FunctionShape } from "../../../core";
export { invoke } from "./invoke";
export { functionToken, PLUGIN_FUNCTIONS } from "./tokens";
