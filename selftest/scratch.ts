import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { HostedPlatform } from "../model";
import { selftestKernel } from "./kernels";

const SEED_SIZE = 65_536;

/** The files of a run on this machine: the kernel, an image for persist disks, and a separate cache for its workers. */
export class Scratch {
    private constructor(readonly folder: string) {}

    static async make(platform: HostedPlatform): Promise<Scratch> {
        const scratch = new Scratch(await mkdtemp(join(tmpdir(), "pulumi-unikernel-selftest-")));
        await Promise.all([
            writeFile(scratch.kernel, selftestKernel(platform)),
            writeFile(scratch.seed, randomBytes(SEED_SIZE)),
            mkdir(scratch.cache, { mode: 0o700 }),
        ]);
        return scratch;
    }

    get kernel(): string {
        return join(this.folder, "kernel.elf");
    }

    get seed(): string {
        return join(this.folder, "data.img");
    }

    get cache(): string {
        return join(this.folder, "cache");
    }

    /** Retries: a worker that was just killed may still be writing a file. */
    remove(): Promise<void> {
        return rm(this.folder, { recursive: true, force: true, maxRetries: 3 });
    }
}
