export type { PluginOptions } from "./server";
export { servePlugin } from "./server";
export { PACKAGE, PLUGIN_TOKENS } from "./urn";
