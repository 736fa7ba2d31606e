/** The client of libvirt: what a host can be asked, in a process of its own, with errors as UnikernelErrors. */

export { LibvirtError, libvirtError } from "./errors";
export { Gate } from "./lanes";
export { closeClient, defaultTimeouts, request } from "./process";
export type { MethodArgs, MethodName, MethodResult, Timeouts, VolumeRecord } from "./protocol";
export { isRemote, isSession, parseUri } from "./uri";
