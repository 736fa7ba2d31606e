import type { MediumBoot } from "../model";
import type { KernelFacts } from "./kernel";

/** Return how a boot loader starts a multiboot kernel. By a header with addresses, it does not read the segments. */
export function multibootMedium(
    kernel: KernelFacts | undefined,
    parts: Pick<MediumBoot, "blocks" | "files"> = { blocks: [], files: {} },
): MediumBoot {
    const overlap = kernel?.multiboot?.addresses ? undefined : kernel?.elf?.overlap;
    return { protocol: "multiboot", ...parts, ...(overlap ? { overlap } : {}) };
}
