export { formerNames } from "./aliases";
export { HandledResource } from "./resource";
export { digestKey, hiddenPaths, holdsSecret, secretPaths, secretPlaces } from "./secrets";
export type { ResourceKind } from "./trampoline";
export { TYPE_TOKENS, trampoline } from "./trampoline";
