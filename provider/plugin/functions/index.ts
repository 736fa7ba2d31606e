/** What programs of every language call besides resources. */
export { invoke } from "./invoke";
export { PLUGIN_FUNCTIONS, functionToken } from "./tokens";
export type { FunctionShape } from "../../../core/functions";
