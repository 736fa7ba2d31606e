/** The same watching of calls by which `selftest` kills its worker. */
export { killer, recorder, recording, watch, watchDom0, type Fault, type Watcher } from "../../selftest/watch";
