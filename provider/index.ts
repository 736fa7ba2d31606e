export { formerNames } from "./aliases";
export { HandledResource } from "./resource";
export { digestKey, hiddenPaths, holdsSecret, secretPlaces, secretPaths } from "./secrets";
export { TYPE_TOKENS, trampoline } from "./trampoline";
export type { ResourceKind } from "./trampoline";
