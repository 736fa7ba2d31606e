export { type BurnOptions, type BurnPhase, burnImage } from "./burn";
export { compareDevice } from "./compare";
export { type Device, inspectDevice } from "./inspect";
export { type DeviceFile, type OpenDevice, openDevice } from "./open";
export { type Roots, systemRoots } from "./roots";
