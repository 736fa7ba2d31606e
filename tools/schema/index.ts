import { readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { packageSchema } from "./package";

/**
 * Write schema.json from the zod shapes and the comments of the declarations.
 * @param check only compare
 * @returns the exit code
 */
export function writeSchema(root: string, check: boolean): number {
    const file = path.join(root, "schema.json");
    const wanted = `${JSON.stringify(packageSchema(root), undefined, 2)}\n`;
    if (!check) {
        writeFileSync(file, wanted);
        // The engine's copy, for programs that name this checkout's plugin by its path: it looks at the age of bin/ alone.
        rmSync(path.join(root, "schema-unikernel.json"), { force: true });
        return 0;
    }
    if (readFileSync(file, "utf8") === wanted) return 0;
    console.error("schema.json differs from its sources: run `node tools/schema.mjs`");
    return 1;
}
