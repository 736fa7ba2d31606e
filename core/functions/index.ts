export { functionShapes } from "./schema";
export type { FunctionName, FunctionShape } from "./schema";
