import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { endPluginWithEngine } from "../lifetime";
import { servePlugin } from "./server";

/** `pulumi-resource-unikernel [flags] [ENGINE]`: the engine reads the port from the first line. */
async function main(): Promise<void> {
    // Older engines put flags of their own before the address.
    const engine = process.argv.slice(2).findLast((word) => !word.startsWith("-"));
    endPluginWithEngine();
    const { port } = await servePlugin({ version: versionIn(__dirname), engine });
    process.stdout.write(`${port}\n`);
}

/** Of the package that this file is in, compiled or not. */
function versionIn(folder: string): string {
    try {
        const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { name?: string; version?: string };
        if (name === "pulumi-unikernel" && version) return version;
    } catch {
        // Not in this folder.
    }
    return dirname(folder) === folder ? "0.0.0" : versionIn(dirname(folder));
}

main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
});
