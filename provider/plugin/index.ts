export { servePlugin } from "./server";
export type { PluginOptions } from "./server";
export { PACKAGE, PLUGIN_TOKENS } from "./urn";
