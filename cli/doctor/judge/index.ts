export * from "./accelerator";
export * from "./folder";
export { judgeLeftovers } from "./leftovers";
export * from "./libvirt";
export * from "./network";
export * from "./program";
export * from "./xen";
