/** XML of libvirt, written and read here and nowhere else. */
export { MARK_NAMESPACE, MARK_PREFIX, MARK_VERSION } from "./names";
export { renderDomain } from "./domain";
export { keepForeign } from "./foreign";
export { renderInterface } from "./devices";
export { readMark, renderMark, withMark, withoutMark } from "./mark";
export { readFacts } from "./facts";
export { readForImport, type Declared } from "./import";
export { withLockedDisplays } from "./passwords";
export { withoutRestarts } from "./restarts";
export { readNetwork, renderReservation } from "./network";
export { readCapabilities, readDomainCapabilities } from "./capabilities";
