export { networkShape } from "./check";
export { networkHandlers } from "./handlers";
