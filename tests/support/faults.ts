/** The call watcher with which `selftest` kills its worker. */
export { type Fault, killer, recorder, recording, type Watcher, watch, watchDom0 } from "../../selftest/watch";
