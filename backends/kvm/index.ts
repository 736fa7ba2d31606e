/** The KVM platform of the lifecycle on libvirt hosts. */

export { workingAccelerators } from "./accelerators";
export { kvmConsequences } from "./consequences";
export { kvm } from "./platform";
export { type ProbeOptions, type ProbeResult, probeAccelerator } from "./probe";
