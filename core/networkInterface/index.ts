import { interfaceShape } from "../../spec/arguments";
import { networkInterfaceHandlers } from "./handlers";

export { interfaceProblems, withIpv4Default } from "./check";
export { noteRefused } from "./ports";
export { interfaceShape, networkInterfaceHandlers };
