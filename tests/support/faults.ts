/** The same watching of calls by which `selftest` kills its worker. */
export { type Fault, killer, recorder, recording, type Watcher, watch, watchDom0 } from "../../selftest/watch";
