/** XML of libvirt, written and read here and nowhere else. */

export { readCapabilities, readDomainCapabilities } from "./capabilities";
export { renderInterface } from "./devices";
export { renderDomain } from "./domain";
export { readFacts } from "./facts";
export { descriptionsIn, keepForeign } from "./foreign";
export { type Declared, readForImport } from "./import";
export { readMark, renderMark } from "./mark";
export { MARK_NAMESPACE, MARK_PREFIX, MARK_VERSION } from "./names";
export { readNetwork, renderReservation } from "./network";
export { withLockedDisplays } from "./passwords";
export { withoutRestarts } from "./restarts";
export { changedAt, ownerIn, renderPool, renderVolume } from "./storage";
