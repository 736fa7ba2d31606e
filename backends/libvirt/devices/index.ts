/** The devices of a domain: each module knows everything of one, and the others are loops over their list. */

export { definitionDigest, differences } from "./compare";
export { changeOfCrashAction, onReset } from "./crash";
export { driftOf } from "./drift";
export { readFacts } from "./facts";
export { hypervisorOf } from "./hypervisor";
export { readForImport } from "./import";
export { changeOfAttach, declarable, renderInterface } from "./interfaces";
export { changeLive, changesAfterSave, changesLive } from "./live";
export { changeOfMemory } from "./memory";
export type { Declared } from "./notes";
export { renderDomain } from "./render";
