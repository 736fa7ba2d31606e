import { open, stat } from "node:fs/promises";
import type { FoundGuest } from "../../../backends";
import type { DecodedConfig } from "../../../guests";
import { recognise } from "../../../guests";
import type { Platform } from "../../../model";
import { UnikernelError } from "../../../model";
import { kernelFacts } from "../kernelFacts";

/** A guest ABI, and a guest's boot configuration in that ABI's terms. */
export interface ConfigCandidate {
    guest: string;
    config: DecodedConfig;
    /** Kept verbatim; undefined when `told` says everything that it holds. */
    initrd?: string;
}

/** In bytes; larger than any configuration in text form. */
const LONGEST = 64 * 1024;

/** Return the ways to declare a kernel's boot configuration, the best first: by its own ABI, then verbatim. */
export async function configCandidates(
    { kernel: path, cmdline, initrd, blocks, interfaces }: FoundGuest,
    platform: Platform,
): Promise<ConfigCandidate[]> {
    const verbatim: ConfigCandidate = {
        guest: "raw",
        initrd,
        config: { args: cmdline === "" ? [] : [cmdline], env: {}, mounts: [], interfaces: [] },
    };
    const abi = recognise(await kernelFacts(path))?.abi;
    const module = initrd === undefined ? undefined : await publicText(initrd);
    if (!abi?.decode || (initrd !== undefined && module === undefined)) return [verbatim];
    const config = abi.decode({ platform, cmdline, module, blocks: blocks.length, interfaces: interfaces.length });
    return config ? [{ guest: abi.id, config }, verbatim] : [verbatim];
}

/**
 * Return a short text that every user may read. A file with restricted permissions is a secret, which does not belong
 * in a program.
 */
async function publicText(path: string): Promise<string | undefined> {
    try {
        const { size, mode } = await stat(path);
        if (size > LONGEST || (mode & 0o004) === 0) return undefined;
        const handle = await open(path, "r");
        try {
            const { buffer, bytesRead } = await handle.read(Buffer.alloc(size), 0, size, 0);
            return buffer.toString("utf8", 0, bytesRead);
        } finally {
            await handle.close();
        }
    } catch (cause) {
        throw new UnikernelError("permission", `${path} cannot be read`, { property: "initrd", cause });
    }
}
