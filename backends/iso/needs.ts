import { statSync } from "node:fs";
import { mebibytes } from "../../localFiles";
import type { GuestPlan, Part } from "../../model";
import type { Context } from "../backend";
import { holdsSecret } from "./medium";

/** Memory of Debian 12's kernel and boot loader under UEFI, found in steps of 64 MiB; half of it under BIOS. Bytes. */
const KERNEL = 300 * 2 ** 20;

/** Tell the user of the medium how much memory it needs, and whether it holds secrets. */
export function noteNeeds(plan: GuestPlan, { log }: Pick<Context, "log">): void {
    const { spec, boot, blockFiles } = plan;
    const inMemory = blockFiles.filter((_, index) => boot.medium?.blocks[index]?.where === "memory").map(sizeOf);
    if (inMemory.length > 0) {
        // The boot loader loads the images, and the kernel unpacks a second copy.
        const needed = mebibytes(KERNEL + 2 * sum([...inMemory, ...boot.initrd.map(sizeOfPart)]));
        if (needed > spec.memory)
            log(
                `${spec.name}: a machine needs about ${needed} MiB of memory to boot this medium, which loads its data images into memory`,
            );
    }
    if (holdsSecret(plan))
        log(`warning: ${spec.name}: the medium carries secrets in plain; whoever has it can read them`);
}

function sizeOfPart(part: Part): number {
    return "bytes" in part ? part.bytes.length : sizeOf(part.file);
}

function sizeOf(file: string): number {
    return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function sum(numbers: number[]): number {
    return numbers.reduce((so, one) => so + one, 0);
}
