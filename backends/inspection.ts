/** A second door, for commands and tests of hosts: a preview loads nothing of it. */
export { bootLoaders, bootProbe, type HostFacts, inspectDom0, inspectHost, libraryVersion } from "./inspect";
export { workingAccelerators } from "./kvm";
export { sshShellOf } from "./libvirt";
export { readFacts } from "./libvirt/devices";
export { guestsFolder } from "./libvirt/files";
export { plain } from "./libvirt/lifecycle/readiness/console";
export { readMark, readNetwork, renderReservation } from "./libvirt/xml";
export { createXen, type Dom0, type XenFacts } from "./xen";
