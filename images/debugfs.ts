import { symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { failed, run } from "../localFiles";
import type { Entry, FileEntry, Tree } from "./entry";
import { type BuildContext, fixedClock } from "./format";
import { stageTexts } from "./stage";

/** debugfs reads its script in lines of 8 KiB (BUFSIZ of the C library). */
const LINE = 8000;
const PARKED = ".pulumi-unikernel";

/**
 * Fill an empty ext file system. Owners are root, times are those of the fixed clock.
 * @returns false when it is too small
 */
export async function populate(path: string, tree: Tree, context: BuildContext): Promise<boolean> {
    const sources = await stageSources(tree, context.staging);
    const awkward = tree.entries.filter((entry) => isAwkward(entry, sources));
    const plain = tree.entries.filter((entry) => !isAwkward(entry, sources));
    const script = join(context.staging, "debugfs");
    await writeFile(script, scriptOf(plain, sources), { mode: 0o600 });
    if (!(await debugfs(path, ["-f", script], context))) return false;
    for (const request of awkward.flatMap((entry) => requests(entry, sources))) {
        if (!(await debugfs(path, ["-R", request], context))) return false;
    }
    return true;
}

/** Run debugfs. It always exits with 0, so any text on standard error beyond its version counts as a failure. */
async function debugfs(path: string, args: string[], { timeout }: BuildContext): Promise<boolean> {
    const said = (await run("debugfs", ["-w", ...args, path], { env: fixedClock, timeout }))
        .replace(/^debugfs \d.*\n?/, "")
        .trim();
    if (/could not allocate|no free space|no free inodes/i.test(said)) return false;
    if (said) throw failed("debugfs", said, "it reported errors");
    return true;
}

function scriptOf(entries: Entry[], sources: Map<Entry, string>): string {
    const lines: string[] = [];
    let folder = "";
    for (const entry of entries) {
        const [parent, name] = split(entry.path);
        if (parent !== folder) lines.push(`cd ${quote(`/${parent}`)}`);
        folder = parent;
        if (entry.type === "directory") lines.push(`mkdir ${quote(name)}`);
        else if (entry.type === "symlink") lines.push(`symlink ${quote(name)} ${quote(entry.target)}`);
        // Without "./", debugfs takes a name like <12> for an inode.
        else
            lines.push(
                `write ${quote(sources.get(entry)!)} ${quote(name)}`,
                `sif ${quote(`./${name}`)} mode ${mode(entry)}`,
            );
    }
    return `${lines.join("\n")}\n`;
}

/** A single request may contain line breaks but has no current folder: `write` takes a name, `ln` takes a path. */
function requests(entry: Entry, sources: Map<Entry, string>): string[] {
    const path = quote(`/${entry.path}`);
    if (entry.type === "directory") return [`mkdir ${path}`];
    if (entry.type === "symlink") return [`symlink ${path} ${quote(entry.target)}`];
    return [
        `write ${quote(sources.get(entry)!)} ${PARKED}`,
        `sif ${PARKED} mode ${mode(entry)}`,
        `ln ${PARKED} ${path}`,
        `unlink ${PARKED}`,
    ];
}

function isAwkward(entry: Entry, sources: Map<Entry, string>): boolean {
    const parts = [entry.path, sources.get(entry) ?? "", entry.type === "symlink" ? entry.target : ""];
    return (
        parts.some((part) => part.includes("\n")) ||
        parts.reduce((sum, part) => sum + Buffer.byteLength(quote(part)), 0) > LINE
    );
}

/** Return a path for the content of each file. These paths contain no line break. */
async function stageSources({ entries }: Tree, staging: string): Promise<Map<Entry, string>> {
    const texts = await stageTexts(entries, staging);
    const sources = new Map<Entry, string>();
    for (const entry of entries) {
        if (entry.type !== "file") continue;
        let file = "file" in entry.content ? entry.content.file : texts.get(entry.sha256)!;
        if (file.includes("\n")) {
            const link = join(staging, `link-${sources.size}`);
            await symlink(file, link);
            file = link;
        }
        sources.set(entry, file);
    }
    return sources;
}

function mode(entry: FileEntry): string {
    return entry.executable ? "0100755" : "0100644";
}

function split(path: string): [string, string] {
    const slash = path.lastIndexOf("/");
    return [path.slice(0, Math.max(slash, 0)), path.slice(slash + 1)];
}

/** Quote for the ss library of e2fsprogs: a double quote is doubled. */
function quote(text: string): string {
    return `"${text.replaceAll('"', '""')}"`;
}
