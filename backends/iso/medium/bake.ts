import { mkdir, open, rm } from "node:fs/promises";
import { EPOCH, timeoutFor } from "../../../images";
import { hashWhileWritten, noSpace, run, temporaryName, writeError } from "../../../localFiles";
import { allEnded, hasCode, type Manifest } from "../../../model";
import type { MediumContents } from "./contents";
import { refuseTooLarge } from "./limits";
import { makeLoaders } from "./loader";
import { manifestOf, measureFiles, placeFiles, requireUnchanged } from "./place";
import { volumeArguments } from "./volume";

export interface BakeOptions {
    /** `bytes`: written so far. `total`: an estimate. */
    onProgress?(bytes: number, total: number): void;
    /** Seconds since 1970 that stand for every time in the image. @default SOURCE_DATE_EPOCH, else 1980-01-01 */
    clock?: number;
}

export interface Baked {
    /** Unkeyed digest of the image, 64 hex digits. */
    sha256: string;
    /** Bytes. */
    size: number;
    manifest: Manifest;
}

/** Approximate size of the file system, boot loaders and partition table. Bytes. */
const OVERHEAD = 2 * 2 ** 20;

/**
 * Build the image of a medium in the new file `path`, mode 0600, synced. Intermediate files are in a temporary folder
 * beside it; a failure leaves neither. The build is reproducible: the same contents give the same bytes.
 * @throws UnikernelError `invalid` (too large to be loaded), `changed` (a file differs from the plan),
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
        // Created first with mode 0600, before another program creates it with the umask's mode: it may hold a secret.
        await (await open(path, "wx", 0o600)).close();
        made.push(path);
        await mkdir(staging, { mode: 0o700 });
        made.push(staging);
        const measured = await measureFiles(contents);
        refuseTooLarge(contents, measured);
        needed += measured.reduce((sum, { size }) => sum + size, 0);
        const env = { SOURCE_DATE_EPOCH: String(clock) };
        // A program that is still running would write into a folder that is removed.
        const [placed, loaders] = await allEnded([
            placeFiles(measured, staging),
            makeLoaders(contents, staging, clock, { env }),
        ]);
        const timeout = timeoutFor(needed);
        const writing = run("xorriso", volumeArguments(contents, placed, loaders, path, clock), {
            env,
            timeout,
        });
        const written = await hashWhileWritten(
            path,
            writing,
            (bytes) => onProgress?.(bytes, Math.max(bytes, needed)),
            needed,
        );
        await requireUnchanged(placed);
        await rm(staging, { recursive: true });
        return { ...written, manifest: manifestOf(placed, contents) };
    } catch (error) {
        await Promise.all(made.map((left) => rm(left, { recursive: true, force: true })));
        throw await translate(error, path, needed);
    }
}

/** Return SOURCE_DATE_EPOCH (reproducible-builds.org), or 1980-01-01: FAT has no earlier time. */
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
