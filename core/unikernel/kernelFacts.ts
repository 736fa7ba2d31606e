import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { type KernelFacts, readKernel } from "../../guests";
import { isRacy, signatureText } from "../../localFiles";
import { Recent } from "../../model";

/** A fleet boots from a few kernels; a program with more reads some of them again. */
const KERNELS = 32;

const known = new Recent<string, { signature: string; facts: Promise<KernelFacts> }>(KERNELS);

/**
 * Return the facts of a kernel file. A file whose stat is unchanged is parsed once in a process, however many guests boot
 * from it. A file that changed within the last two seconds is parsed each time: its next change could leave the same stat.
 * @throws UnikernelError as `readKernel`
 */
export async function kernelFacts(path: string): Promise<KernelFacts> {
    const file = resolve(path);
    const seen = await stat(file, { bigint: true }).catch(() => undefined);
    if (!seen?.isFile() || isRacy(seen, BigInt(Date.now()) * 1_000_000n)) return readKernel(path);
    const signature = signatureText(seen);
    const former = known.get(file);
    if (former?.signature === signature) return former.facts;
    const facts = readKernel(path);
    known.set(file, { signature, facts });
    // Another reading may succeed, of a file whose permissions change for one.
    facts.catch(() => {
        if (known.get(file)?.facts === facts) known.delete(file);
    });
    return facts;
}
