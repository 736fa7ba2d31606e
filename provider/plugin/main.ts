import { existsSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { endPluginWithEngine } from "../lifetime";
import { servePlugin } from "./server/server";
import { answerByHand } from "./usage";

/** Run `pulumi-resource-unikernel [flags] [ENGINE]`. The engine reads the port from the first line of output. */
async function main(): Promise<void> {
    const words = process.argv.slice(2);
    const root = packageFolder(__dirname);
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
    const answer = answerByHand(words, process.stdout.isTTY, version);
    if (answer !== undefined) {
        process.stdout.write(answer);
        return;
    }
    // Older engines put their own flags before the address.
    const engine = words.findLast((word) => !word.startsWith("-"));
    endPluginWithEngine();
    const { port } = await servePlugin({ version, engine, schema: () => readFile(join(root, "schema.json"), "utf8") });
    process.stdout.write(`${port}\n`);
}

/** Return the package folder, which has the schema. This file may be compiled or not. */
function packageFolder(folder: string): string {
    if (existsSync(join(folder, "schema.json"))) return folder;
    if (dirname(folder) === folder)
        throw new Error("pulumi-unikernel is incomplete: there is no schema.json in it; install it again");
    return packageFolder(dirname(folder));
}

main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
});
