import { networkInterfaceHandlers } from "./handlers";
export { interfaceShape } from "./schema";
export { interfaceProblems, withIpv4Default } from "./check";
export { networkInterfaceHandlers };
