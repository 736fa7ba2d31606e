import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { claim } from "./steps.mjs";

/**
 * Makes the program of the KVM demo one for another platform, and shows that nothing else of it differs.
 * @param {string} file
 * @param {string} platform
 */
export async function changeOneWord(file, platform) {
    const before = await readFile(file, "utf8");
    const after = before.replace('"kvm"', `"${platform}"`);
    const [old, now] = [before.split(/\b/), after.split(/\b/)];
    const changed = old.flatMap((word, index) => (word === now[index] ? [] : [`${word} → ${now[index]}`]));
    await writeFile(`${file}.kvm`, before);
    await writeFile(file, after);
    const { stdout } = await execa(
        "diff",
        ["-U0", "--label", "kvm/index.ts", "--label", `${platform}/index.ts`, `${file}.kvm`, file],
        { reject: false },
    );
    console.log(stdout.replace(/^/gm, "   "));
    claim(old.length === now.length && changed.length === 1, `the programs differ in one word: ${changed.join(", ")}`);
}

/**
 * Changes one file of the data image: the page that every guest serves.
 * @param {string} folder of the program
 */
export async function changePage(folder) {
    const file = join(folder, "data/html/index.html");
    await writeFile(file, (await readFile(file, "utf8")).replace("</h1>", ", with a new page</h1>"));
}
