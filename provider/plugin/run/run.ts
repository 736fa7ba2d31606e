import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../../../localFiles";
import type { Properties } from "../wire/codec";

/** Longer than any run. */
const ABANDONED_MS = 24 * 3600_000;

/**
 * Data that the plugin's processes share in one run of the engine, which starts one process for each provider: small
 * files of this user alone, in a cache folder named after the run. They mean nothing outside the run.
 */
export class Run {
    private readonly folder: string;

    /**
     * @param engine address of the engine's own service: the same for all processes of a run, and different for
     * concurrent runs
     */
    constructor(engine: string) {
        this.folder = join(cacheFolder("runs"), digest(`${process.ppid} ${engine}`));
    }

    write(urn: string, properties: Properties): void {
        try {
            if (mkdirSync(this.folder, { recursive: true, mode: 0o700 })) sweep();
            const file = join(this.folder, digest(urn));
            writeFileSync(`${file}.${process.pid}`, JSON.stringify(properties), { mode: 0o600 });
            renameSync(`${file}.${process.pid}`, file);
        } catch {
            // Without a writable cache, providers do not see each other's resources; a reference across them reports
            // that.
        }
    }

    /** Return undefined when no process has written it. */
    read(urn: string): Properties | undefined {
        try {
            return JSON.parse(readFileSync(join(this.folder, digest(urn)), "utf8")) as Properties;
        } catch {
            return undefined;
        }
    }
}

function sweep(): void {
    for (const name of readdirSync(cacheFolder("runs"))) {
        const folder = join(cacheFolder("runs"), name);
        if (Date.now() - statSync(folder).mtimeMs > ABANDONED_MS) rmSync(folder, { recursive: true, force: true });
    }
}

function digest(text: string): string {
    return createHash("sha256").update(text).digest("hex").slice(0, 32);
}
