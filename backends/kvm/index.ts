/** What KVM brings to the lifecycle on libvirt hosts. */
export { kvm } from "./platform";
export { kvmConsequences } from "./consequences";
export { workingAccelerators } from "./accelerators";
export { probeAccelerator, type ProbeOptions, type ProbeResult } from "./probe";
