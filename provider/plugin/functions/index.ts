/** What programs of every language call besides resources. */

export type { FunctionShape } from "../../../core";
export { invoke } from "./invoke";
export { functionToken, PLUGIN_FUNCTIONS } from "./tokens";
