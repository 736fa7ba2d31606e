import type { KernelFacts } from "./kernel";

/** MiB below which a Linux kernel cannot even unpack itself, from its boot header; `unknown` where that does not say. */
export function linuxMemory(kernel: KernelFacts, unknown: number): number {
    return kernel.linux?.memoryEnd ? Math.ceil(kernel.linux.memoryEnd / (1024 * 1024)) : unknown;
}
