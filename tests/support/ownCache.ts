import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Return a cache folder that the tests of a file have for themselves, from their first one to their last. */
export function ownCache(): string {
    const folder = mkdtempSync(join(tmpdir(), "pulumi-unikernel-cache-"));
    const before = process.env.XDG_CACHE_HOME;
    beforeAll(() => {
        process.env.XDG_CACHE_HOME = folder;
    });
    afterAll(() => {
        if (before === undefined) delete process.env.XDG_CACHE_HOME;
        else process.env.XDG_CACHE_HOME = before;
        rmSync(folder, { recursive: true });
    });
    return folder;
}
