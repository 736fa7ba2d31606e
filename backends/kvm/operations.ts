/** The parts of the platform that ask a host or write a definition. */
export { hostBindingProblems } from "./bindable";
export { chooseKvm } from "./choose";
export { kvmModel } from "./model";
export { opensPrivateFiles } from "./privateFiles";
export { qemuUptimes } from "./uptimes";
