/** The files of a guest on its host. */
export { guestsFolder } from "./folders";
export { LocalFiles } from "./local";
