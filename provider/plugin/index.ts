export type { PluginOptions } from "./server/server";
export { servePlugin } from "./server/server";
export { PACKAGE, PLUGIN_TOKENS } from "./urn";
