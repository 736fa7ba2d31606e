import { resolve } from "node:path";
import { cachePath } from "../../images";
import { findBuilt, hashFile } from "../../localFiles";
import type { BlockSpec, GuestPlan } from "../../model";
import { UnikernelError } from "../../model";
import { bootFile } from "./bootFile";
import { findGuest, isProblem } from "./guest";
import type { StoredInputs } from "./inputs";

/**
 * Return everything that a backend needs, from checked inputs. Files are hashed again, because what boots must be what
 * was checked.
 */
export async function planGuest(inputs: StoredInputs): Promise<GuestPlan> {
    const { digests } = inputs;
    const kernel = await bootFile(inputs, "kernel", inputs.kernel, digests.kernel);
    const initrd =
        inputs.initrd === undefined ? undefined : await bootFile(inputs, "initrd", inputs.initrd, digests.initrd ?? "");
    const guest = await findGuest(kernel, inputs.guest, inputs.platform);
    if (isProblem(guest)) throw new UnikernelError("invalid", guest.reason, { property: guest.property });
    await requireUnchanged("kernel", kernel, digests.kernel);
    if (initrd !== undefined) await requireUnchanged("initrd", initrd, digests.initrd);
    return {
        spec: inputs,
        guest: guest.abi.capabilities(guest.kernel),
        boot: guest.abi.encode(inputs, { platform: inputs.platform, initrd, kernel: guest.kernel }),
        digests,
        bootDigest: inputs.bootDigest,
        digestKey: inputs.digestKey,
        blockFiles: await Promise.all(inputs.blocks.map((block, index) => blockFile(inputs, block, index))),
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
async function blockFile(inputs: StoredInputs, block: BlockSpec, index: number): Promise<string> {
    const property = `blocks[${index}]`;
    if (block.path !== undefined) {
        const file = await bootFile(inputs, `${property}.path`, block.path, block.digest);
        await requireUnchanged(`${property}.path`, file, block.digest);
        return resolve(file);
    }
    const path = resolve(block.output ?? cachePath(block.digest, block.format));
    if ((await findBuilt(path))?.digest === block.digest) return path;
    throw new UnikernelError("not-found", `the file of the data image ${block.name} is not at ${path}`, {
        property: `${property}.image`,
        hint: "it was built on another machine, or the cache was emptied; pulumi up --refresh builds it again",
    });
}
