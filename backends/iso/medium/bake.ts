import { mkdir, open, rm } from "node:fs/promises";
import { EPOCH, hashWhileWritten, noSpace, run, temporaryName, timeoutFor, writeError } from "../../../images";
import { hasCode, type Manifest } from "../../../spec";
import type { MediumContents } from "./contents";
import { refuseTooLarge } from "./limits";
import { makeLoaders } from "./loader";
import { manifestOf, measureFiles, placeFiles, requireUnchanged } from "./place";
import { volumeArguments } from "./volume";

export interface BakeOptions {
    /** Bytes of the image so far, and about how many there will be. */
    onProgress?(bytes: number, total: number): void;
    /** Seconds since 1970 that stand for every time in the image. @default SOURCE_DATE_EPOCH, else 1980-01-01 */
    clock?: number;
}

export interface Baked {
    /** Of the image's bytes, 64 hex digits, plain. */
    sha256: string;
    /** Bytes. */
    size: number;
    manifest: Manifest;
}

/** What the file system, the boot loaders and the partition table take, about. Bytes. */
const OVERHEAD = 2 * 2 ** 20;

/**
 * Makes the image of a medium in the new file `path`, mode 0600, synced. What it needs on the way lies in a temporary
 * folder beside it; a failure leaves neither. The same contents give the same bytes, wherever and whenever.
 * @throws UnikernelError `invalid` (too large to be loaded), `changed` (a file is not what the plan was made of),
 * `no-space`, `permission`, `program-missing`, `program-failed`, `timeout`
 */
export async function bake(
    contents: MediumContents,
    path: string,
    { onProgress, clock = defaultClock() }: BakeOptions = {},
): Promise<Baked> {
    const staging = temporaryName(`${path}.staging`);
    const made: string[] = [];
    let needed = OVERHEAD;
    try {
        // Before anything else makes it, with the rights of the umask: it may come to hold a secret.
        await (await open(path, "wx", 0o600)).close();
        made.push(path);
        await mkdir(staging, { mode: 0o700 });
        made.push(staging);
        const measured = await measureFiles(contents);
        refuseTooLarge(contents, measured);
        needed += measured.reduce((sum, { size }) => sum + size, 0);
        const env = { SOURCE_DATE_EPOCH: String(clock) };
        const both = await Promise.allSettled([
            placeFiles(measured, staging),
            makeLoaders(contents, staging, clock, { env }),
        ]);
        const [placed, loaders] = [settled(both[0]), settled(both[1])];
        const timeout = timeoutFor(needed);
        const writing = run("xorriso", volumeArguments(contents, placed, loaders, path, clock), {
            env,
            timeout,
        });
        const written = await hashWhileWritten(path, writing, (bytes) => onProgress?.(bytes, Math.max(bytes, needed)));
        await requireUnchanged(placed);
        await rm(staging, { recursive: true });
        return { ...written, manifest: manifestOf(placed, contents) };
    } catch (error) {
        await Promise.all(made.map((left) => rm(left, { recursive: true, force: true })));
        throw await translate(error, path, needed);
    }
}

/** The first failure, after both have ended: nothing may still write where it is being removed. */
function settled<T>(result: PromiseSettledResult<T>): T {
    if (result.status === "rejected") throw result.reason;
    return result.value;
}

/** reproducible-builds.org; FAT has no time before 1980. */
function defaultClock(): number {
    const said = process.env.SOURCE_DATE_EPOCH;
    return said !== undefined && /^\d{1,11}$/.test(said) ? Math.max(Number(said), EPOCH) : EPOCH;
}

async function translate(error: unknown, path: string, needed: number): Promise<unknown> {
    const full =
        hasCode(error, "program-failed") &&
        /no space left|disk quota exceeded|exceeds free space|disk full/i.test(error.hint ?? "");
    return full ? noSpace(path, needed, error) : writeError(error, path, needed);
}
