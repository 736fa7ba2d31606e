import { resolve } from "node:path";
import { cachePath } from "../../images";
import { findBuilt, hashFile } from "../../localFiles";
import type { BlockSpec, GuestPlan, UnikernelInputs } from "../../model";
import { UnikernelError } from "../../model";
import { findGuest, isProblem } from "./guest";

/**
 * Return everything that a backend needs, from checked inputs. Files are hashed again, because what boots must be what
 * was checked.
 */
export async function planGuest(inputs: UnikernelInputs): Promise<GuestPlan> {
    const guest = await findGuest(inputs.kernel, inputs.guest, inputs.platform);
    if (isProblem(guest)) throw new UnikernelError("invalid", guest.reason, { property: guest.property });
    await requireUnchanged("kernel", inputs.kernel, inputs.digests.kernel);
    if (inputs.initrd !== undefined) await requireUnchanged("initrd", inputs.initrd, inputs.digests.initrd);
    return {
        spec: inputs,
        guest: guest.abi.capabilities(guest.kernel),
        boot: guest.abi.encode(inputs, { platform: inputs.platform, initrd: inputs.initrd, kernel: guest.kernel }),
        digests: inputs.digests,
        bootDigest: inputs.bootDigest,
        digestKey: inputs.digestKey,
        blockFiles: await Promise.all(inputs.blocks.map(blockFile)),
        readConsole: (text) => guest.abi.readConsole(text),
    };
}

async function requireUnchanged(property: string, path: string, digest: string | undefined): Promise<void> {
    if ((await hashFile(path)) === digest) return;
    throw new UnikernelError("changed", `${path} changed after it was checked`, {
        property,
        hint: "run pulumi up again when it is no longer being written",
    });
}

/** Return the local file of a block: the user's own, or its BlockImage's. */
async function blockFile(block: BlockSpec, index: number): Promise<string> {
    const property = `blocks[${index}]`;
    if (block.path !== undefined) {
        await requireUnchanged(`${property}.path`, block.path, block.digest);
        return resolve(block.path);
    }
    const path = resolve(block.output ?? cachePath(block.digest, block.format));
    if ((await findBuilt(path))?.digest === block.digest) return path;
    throw new UnikernelError("not-found", `the file of the data image ${block.name} is not at ${path}`, {
        property: `${property}.image`,
        hint: "it was built on another machine, or the cache was emptied; pulumi up --refresh builds it again",
    });
}
