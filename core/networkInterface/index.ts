import { interfaceShape } from "../../model/arguments";
import { networkInterfaceHandlers } from "./handlers";

export { interfaceProblems, withIpv4Default } from "./check";
export { noteRefused } from "./ports";
export { interfaceShape, networkInterfaceHandlers };
