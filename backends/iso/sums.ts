import { chmod, readFile, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { errnoOf, writeWhole } from "../../localFiles";

/** The file for `sha256sum -c`, in the folder of the image. Lines of other files stay. */
const NAME = "SHA256SUMS";
const TRIES = 5;

/** The last edit of each file. Edits of one file run one at a time: the images of a fleet share it. */
const queue = new Map<string, Promise<unknown>>();

/** Add an image's checksum. @param secret the image holds secrets, so only the owner may read the file */
export function addSum(path: string, sha256: string, secret: boolean): Promise<void> {
    return edit(path, `${sha256}  ${escaped(basename(path))}`, secret);
}

/** Remove an image's checksum, and the file with its last line. */
export function removeSum(path: string): Promise<void> {
    return edit(path, undefined, false);
}

function edit(path: string, line: string | undefined, secret: boolean): Promise<void> {
    const file = join(dirname(path), NAME);
    const done = (queue.get(file) ?? Promise.resolve())
        .catch(() => undefined)
        .then(() => rewrite(file, basename(path), line, secret));
    queue.set(file, done);
    return done;
}

/** Rewrite the file until our change is in it: another process may overwrite it meanwhile. */
async function rewrite(file: string, name: string, line: string | undefined, secret: boolean): Promise<void> {
    for (let attempt = 1; attempt <= TRIES; attempt++) {
        const before = await linesOf(file);
        const others = before.filter((one) => nameIn(one) !== escaped(name));
        const after = [...others, ...(line === undefined ? [] : [prefixed(line)])].sort((a, b) =>
            nameIn(a) < nameIn(b) ? -1 : 1,
        );
        if (after.join("\n") === before.join("\n")) {
            // The same checksum, but the image counts as secret now.
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

/** Escape a name as coreutils do: for a backslash or a line break, and the line then begins with a backslash. */
function escaped(name: string): string {
    return name.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\r", "\\r");
}

function prefixed(line: string): string {
    return line.includes("\\") ? `\\${line}` : line;
}

function nameIn(line: string): string {
    return /^\\?[0-9a-f]{64} [ *](.*)$/.exec(line)?.[1] ?? line;
}
