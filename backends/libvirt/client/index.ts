/** The client of libvirt: requests to a host, made in a separate process, with errors as UnikernelErrors. */

export { Semaphore } from "./concurrency";
export { LibvirtError, libvirtError } from "./errors";
export { listen } from "./events";
export { closeClient, defaultTimeouts, request } from "./process";
export type { MethodArgs, MethodName, MethodResult, Timeouts, VolumeRecord } from "./protocol";
export { type Login, sshLogin, sshUri } from "./sshLogin";
export { isRemote, isSession, parseUri } from "./uri";
