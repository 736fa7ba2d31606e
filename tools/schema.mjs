// Writes schema.json from the zod shapes and the comments of the declarations; `--check` only compares.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { packageSchema } from "./schema/package.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const file = new URL("../schema.json", import.meta.url);
const wanted = `${JSON.stringify(packageSchema(root.replace(/\/$/, "")), undefined, 2)}\n`;

if (!process.argv.includes("--check")) {
    writeFileSync(file, wanted);
    // The engine's copy, for programs that name this checkout's plugin by its path: it looks at the age of bin/ alone.
    rmSync(new URL("../schema-unikernel.json", import.meta.url), { force: true });
} else if (readFileSync(file, "utf8") !== wanted) {
    console.error("schema.json is behind what it is made from: run `npm run build` and `node tools/schema.mjs`");
    process.exitCode = 1;
}
