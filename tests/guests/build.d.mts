export function buildTestKernels(): Promise<{ testKernel: string; rawKernel: string; xenKernel: string }>;
