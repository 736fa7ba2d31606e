/** The client of libvirt: what a host can be asked, in a process of its own, with errors as UnikernelErrors. */
export { closeClient, defaultTimeouts, request } from "./process";
export { LibvirtError, libvirtError } from "./errors";
export { Gate } from "./lanes";
export { isRemote, isSession, parseUri } from "./uri";
export type { MethodArgs, MethodName, MethodResult, Timeouts, VolumeRecord } from "./protocol";
