/**
 * libvirt's XML: documents, written from plain data and read to plain data. The devices of a domain are in devices/.
 */

export { readCapabilities, readDomainCapabilities } from "./capabilities";
export { type Element, element, writeElement } from "./element";
export { descriptionsIn, keepForeign } from "./foreign";
export { readMark, renderMark } from "./mark";
export { MARK_NAMESPACE, MARK_PREFIX, MARK_VERSION, QEMU_NAMESPACE } from "./names";
export { readNetwork, renderReservation } from "./network";
export { withLockedDisplays } from "./passwords";
export { withoutRestarts } from "./restarts";
export { changedAt, ownerIn, renderPool, renderVolume } from "./storage";
export { all, at, type Tree, text, tree } from "./tree";
export { writeDomain } from "./write";
