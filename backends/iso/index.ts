/** Bootable media. */
export { iso } from "./backend";
