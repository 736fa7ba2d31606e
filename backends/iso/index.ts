/** Bootable media. */
export { iso } from "./backend";
export { moduleFolder } from "./medium";
