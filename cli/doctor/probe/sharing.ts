import { constants, copyFile, link, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { Sharing } from "../judge";

/**
 * Return how files of one content can share their blocks in a folder: tried with a file that is removed afterwards.
 * undefined where this user cannot write there.
 */
export async function probeSharing(folder: string): Promise<Sharing | undefined> {
    const own = await mkdtemp(join(folder, ".doctor-")).catch(() => undefined);
    if (own === undefined) return undefined;
    const [file, copy] = [join(own, "file"), join(own, "copy")];
    const works = (work: Promise<void>): Promise<boolean> =>
        work.then(
            () => true,
            () => false,
        );
    try {
        if (!(await works(writeFile(file, "content")))) return undefined;
        if (await works(link(file, copy))) return "link";
        return (await works(copyFile(file, copy, constants.COPYFILE_FICLONE_FORCE))) ? "reflink" : "copy";
    } finally {
        await rm(own, { recursive: true, force: true });
    }
}
