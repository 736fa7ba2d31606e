// Writes schema.json from the zod shapes and the comments of the declarations; `--check` only compares.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { packageSchema } from "./schema/package.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const file = new URL("../schema.json", import.meta.url);
const wanted = `${JSON.stringify(packageSchema(root.replace(/\/$/, "")), undefined, 2)}\n`;

if (!process.argv.includes("--check")) writeFileSync(file, wanted);
else if (readFileSync(file, "utf8") !== wanted) {
    console.error("schema.json is behind what it is made from: run `npm run build` and `node tools/schema.mjs`");
    process.exitCode = 1;
}
