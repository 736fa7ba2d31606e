export function buildXenTestKernel(): Promise<string>;
