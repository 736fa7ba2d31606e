export * from "./libvirt";
export * from "./accelerator";
export * from "./folder";
export * from "./network";
export * from "./program";
export * from "./xen";
export { judgeLeftovers } from "./leftovers";
