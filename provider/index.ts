export { formerNames } from "./aliases";
export { outputValues } from "./outputValues";
export { HandledResource, isOfKind } from "./resource";
export { digestKey, hiddenPaths, holdsSecret, secretPaths, secretPlaces } from "./secrets";
export { plainSource, refuseAssets } from "./source";
export type { ResourceKind } from "./trampoline";
export { DYNAMIC_FLEET_TOKEN, TYPE_TOKENS, trampoline } from "./trampoline";
