/** The Xen platform of the lifecycle on libvirt hosts. */
export { xenConsequences } from "./consequences";
export type { Dom0 } from "./dom0";
export { dom0AccessBy } from "./dom0Access";
export { inspectXen, type XenFacts } from "./inspect";
export { createXen } from "./platform";
export type { RemoteShell } from "./shell";
