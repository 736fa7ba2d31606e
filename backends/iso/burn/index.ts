export { inspectDevice, type Device } from "./inspect";
export { burnImage, type BurnOptions, type BurnPhase } from "./burn";
export { compareDevice } from "./compare";
export { systemRoots, type Roots } from "./roots";
export { openDevice, type DeviceFile, type OpenDevice } from "./open";
