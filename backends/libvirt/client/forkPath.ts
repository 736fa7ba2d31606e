import { existsSync } from "node:fs";
import { join } from "node:path";

/** Return the compiled entry point of a child process: beside this file, or in dist/ where tests run the sources. */
export function childPath(name: string): string {
    const beside = join(__dirname, `${name}.js`);
    return existsSync(beside)
        ? beside
        : join(__dirname, "..", "..", "..", "dist", "backends", "libvirt", "client", `${name}.js`);
}
