import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Properties } from "./codec";

/** No run lasts as long. */
const ABANDONED_MS = 24 * 3600_000;

/**
 * What the plugin's processes tell each other in one run of the engine, which starts one for each provider: small files of
 * this user alone, in a folder of the cache that is named by the run. Nothing here outlives its run's meaning.
 */
export class Run {
    private readonly folder: string;

    /** @param engine address of the engine's own service: the same for all processes of a run, and of no other run beside it */
    constructor(engine: string) {
        this.folder = join(runs(), digest(`${process.ppid} ${engine}`));
    }

    write(urn: string, properties: Properties): void {
        try {
            if (mkdirSync(this.folder, { recursive: true, mode: 0o700 })) sweep();
            const file = join(this.folder, digest(urn));
            writeFileSync(`${file}.${process.pid}`, JSON.stringify(properties), { mode: 0o600 });
            renameSync(`${file}.${process.pid}`, file);
        } catch {
            // A cache that cannot be written keeps providers apart; who refers across them is told.
        }
    }

    /** Undefined: no process has said anything of it. */
    read(urn: string): Properties | undefined {
        try {
            return JSON.parse(readFileSync(join(this.folder, digest(urn)), "utf8")) as Properties;
        } catch {
            return undefined;
        }
    }
}

function sweep(): void {
    for (const name of readdirSync(runs())) {
        const folder = join(runs(), name);
        if (Date.now() - statSync(folder).mtimeMs > ABANDONED_MS) rmSync(folder, { recursive: true, force: true });
    }
}

/** XDG Base Directory Specification: a relative path is to be ignored. */
function runs(): string {
    const base = process.env.XDG_CACHE_HOME;
    return join(base?.startsWith("/") ? base : join(homedir(), ".cache"), "pulumi-unikernel", "runs");
}

function digest(text: string): string {
    return createHash("sha256").update(text).digest("hex").slice(0, 32);
}
