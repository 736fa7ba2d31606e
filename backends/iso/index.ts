/** Bootable media. */
export { iso } from "./backend";
export { moduleFolder } from "./medium";
export { outputOf, outputPath } from "./output";
