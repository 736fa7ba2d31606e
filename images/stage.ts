import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Entry } from "./entry";

/** Write each text of a map source to a file, once, for programs that only read files. @returns sha256 → file */
export async function stageTexts(entries: Entry[], staging: string): Promise<Map<string, string>> {
    const staged = new Map<string, string>();
    for (const entry of entries) {
        if (entry.type !== "file" || !("text" in entry.content) || staged.has(entry.sha256)) continue;
        const file = join(staging, `text-${staged.size}`);
        await writeFile(file, entry.content.text, { mode: 0o600 });
        staged.set(entry.sha256, file);
    }
    return staged;
}
