import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { hashFile } from "../../localFiles";
import { UnikernelError, type UnikernelInputs } from "../../model";

/**
 * Return a local file with the content of a digest: the one that the arguments name, or, where only state names it and it
 * is gone, the guest's own copy, if its host is this machine.
 * @throws UnikernelError `not-found`
 */
export async function bootFile(
    { folder, uuid }: Pick<UnikernelInputs, "uuid"> & { folder?: string },
    property: string,
    path: string,
    digest: string,
): Promise<string> {
    if (existsSync(resolve(path))) return path;
    const own = folder === undefined ? undefined : await copyIn(join(folder, uuid), digest);
    if (own !== undefined) return own;
    throw new UnikernelError("not-found", `this change needs ${path}, which is not on this machine`, {
        property,
        hint: "put the file back (its content is compared by digest), or name another one; relative paths start at the folder of the program",
    });
}

/** Names of boot files contain 16 digits of their digests. */
async function copyIn(folder: string, digest: string): Promise<string | undefined> {
    const names = await readdir(folder).catch(() => []);
    for (const name of names.filter((one) => one.includes(digest.slice(0, 16)))) {
        const path = join(folder, name);
        if ((await hashFile(path).catch(() => undefined)) === digest) return path;
    }
    return undefined;
}
