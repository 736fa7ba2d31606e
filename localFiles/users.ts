import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, rmdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { cacheFolder, makeCacheFolder } from "./cacheFolder";
import { errnoOf, writeError } from "./fsError";
import { sweepTemporaries, writeWhole } from "./temporary";

const TRIES = 5;

/** A user of an image file. Several stacks may share a file of the cache; the last one removes it. */
export interface User {
    /** Identity of the resource. */
    id: string;
    /** The resource's URN, for messages. */
    urn: string;
}

function folderOf(path: string): string {
    return join(cacheFolder("users"), createHash("sha256").update(resolve(path)).digest("hex").slice(0, 32));
}

export async function addUser(path: string, { id, urn }: User): Promise<void> {
    await makeCacheFolder("users");
    const file = join(folderOf(path), `${id}.json`);
    for (let attempt = 1; ; attempt++) {
        try {
            await mkdir(folderOf(path), { recursive: true, mode: 0o700 });
            return await writeWhole(file, JSON.stringify({ id, urn, path: resolve(path) }));
        } catch (error) {
            // The former last user may be removing the folder at this moment.
            if (errnoOf(error) !== "ENOENT" || attempt === TRIES) throw await writeError(error, file, 4096);
        }
    }
}

export async function removeUser(path: string, id: string): Promise<void> {
    await rm(join(folderOf(path), `${id}.json`), { force: true });
    await sweepTemporaries(folderOf(path));
    await rmdir(folderOf(path)).catch(() => undefined);
}

export async function usersOf(path: string): Promise<User[]> {
    const names = (await readdir(folderOf(path)).catch(() => [])).filter(
        (name) => name.endsWith(".json") && !name.startsWith("."),
    );
    return Promise.all(
        names.map(async (name) => {
            const id = name.slice(0, -".json".length);
            return { id, urn: await urnIn(join(folderOf(path), name)) };
        }),
    );
}

/** Return whether no image of this machine has a user. */
export async function hasNoUsers(): Promise<boolean> {
    return (await readdir(cacheFolder("users")).catch(() => [])).length === 0;
}

async function urnIn(file: string): Promise<string> {
    try {
        const parsed: unknown = JSON.parse(await readFile(file, "utf8"));
        const urn = parsed !== null && typeof parsed === "object" && "urn" in parsed ? parsed.urn : undefined;
        return typeof urn === "string" ? urn : "";
    } catch {
        return "";
    }
}
