import { chmod, readFile, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { errnoOf, writeWhole } from "../../images";

/** What `sha256sum -c` reads, in the folder of the image; other lines of it are somebody else's and stay. */
const NAME = "SHA256SUMS";
const TRIES = 5;

/** One at a time for each folder: the images of a fleet share the file. */
const turns = new Map<string, Promise<unknown>>();

/** Notes an image's sum. @param secret the sum is of secrets too: the file is for its owner alone */
export function addSum(path: string, sha256: string, secret: boolean): Promise<void> {
    return edit(path, `${sha256}  ${escaped(basename(path))}`, secret);
}

/** Takes an image's sum out; the file goes with the last line. */
export function removeSum(path: string): Promise<void> {
    return edit(path, undefined, false);
}

function edit(path: string, line: string | undefined, secret: boolean): Promise<void> {
    const file = join(dirname(path), NAME);
    const turn = (turns.get(file) ?? Promise.resolve())
        .catch(() => undefined)
        .then(() => rewrite(file, basename(path), line, secret));
    turns.set(file, turn);
    return turn;
}

/** Another process may write the file too: what it took away from us is written again. */
async function rewrite(file: string, name: string, line: string | undefined, secret: boolean): Promise<void> {
    for (let attempt = 1; attempt <= TRIES; attempt++) {
        const before = await linesOf(file);
        const others = before.filter((one) => nameIn(one) !== escaped(name));
        const after = [...others, ...(line === undefined ? [] : [prefixed(line)])].sort((a, b) =>
            nameIn(a) < nameIn(b) ? -1 : 1,
        );
        if (after.join("\n") === before.join("\n")) {
            // The same sum, of what now counts as secret.
            if (secret && line !== undefined && !(await isPrivate(file))) await chmod(file, 0o600);
            return;
        }
        if (after.length === 0) await rm(file, { force: true });
        else await writeWhole(file, `${after.join("\n")}\n`, secret || (await isPrivate(file)) ? 0o600 : 0o644);
    }
}

async function linesOf(file: string): Promise<string[]> {
    try {
        return (await readFile(file, "utf8")).split("\n").filter(Boolean);
    } catch (error) {
        if (errnoOf(error) === "ENOENT") return [];
        throw error;
    }
}

async function isPrivate(file: string): Promise<boolean> {
    return stat(file).then(
        ({ mode }) => (mode & 0o077) === 0,
        () => false,
    );
}

/** coreutils: a name with a backslash or line break is escaped, and its line begins with a backslash. */
function escaped(name: string): string {
    return name.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\r", "\\r");
}

function prefixed(line: string): string {
    return line.includes("\\") ? `\\${line}` : line;
}

function nameIn(line: string): string {
    return /^\\?[0-9a-f]{64} [ *](.*)$/.exec(line)?.[1] ?? line;
}
