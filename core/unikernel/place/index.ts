import { forgetGiven } from "./given";
import { forgetPlaces as forgetSeen } from "./inRun";

export { hostName } from "./hostName";
export { notePlace } from "./inRun";

/** Loaded when first used: most guests are declared with a connection. */
export const hostsDeclared = () => require("./resolve") as typeof import("./resolve");

/** Start another run of the engine, for tests. */
export function forgetPlaces(): void {
    forgetSeen();
    forgetGiven();
}
