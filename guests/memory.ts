import type { KernelFacts } from "./kernel";

/**
 * Return the MiB that a Linux kernel needs at least to unpack itself, by its boot header; `unknown` when the header
 * does not say.
 */
export function linuxMemory(kernel: KernelFacts, unknown: number): number {
    return kernel.linux?.memoryEnd ? Math.ceil(kernel.linux.memoryEnd / (1024 * 1024)) : unknown;
}
