import { networkInterfaceHandlers } from "./handlers";
export { noteRefused } from "./ports";
export { interfaceShape } from "./schema";
export { interfaceProblems, withIpv4Default } from "./check";
export { networkInterfaceHandlers };
