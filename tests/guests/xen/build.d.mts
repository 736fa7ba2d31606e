export function buildXenTestKernel(): Promise<string>;
/** Absolute path of a kernel that is PVH and nothing else; what it does: ../pvh/main.c. */
export function buildPvhTestKernel(): Promise<string>;
