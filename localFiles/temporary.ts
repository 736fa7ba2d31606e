import { randomBytes } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

const DAY = 86_400_000;

/**
 * Return a hidden name beside `path`. It identifies the process that made it, so that the leftovers of a killed process
 * can be distinguished from files that another process is writing.
 */
export function temporaryName(path: string): string {
    return join(
        dirname(path),
        `.${basename(path).slice(0, 120)}.${place()}.${process.pid}-${startTime(process.pid)}.${randomBytes(4).toString("hex")}.tmp`,
    );
}

const pattern = /^\..*\.([0-9a-f]{1,16})\.(\d+)-(\d+)\.[0-9a-f]{8}\.tmp$/;

/** Remove the temporary files that ended processes left in a folder. */
export async function sweepTemporaries(folder: string): Promise<void> {
    for (const name of await readdir(folder).catch(() => [])) {
        const match = pattern.exec(name);
        if (!match) continue;
        const file = join(folder, name);
        if (await abandoned(file, match[1]!, Number(match[2]), match[3]!))
            await rm(file, { recursive: true, force: true });
    }
}

async function abandoned(file: string, madeAt: string, pid: number, started: string): Promise<boolean> {
    if (madeAt === place()) return startTime(pid) !== started;
    // Another machine or container may share this folder. Its processes cannot be checked, so only age counts.
    const age = await stat(file).then(
        (stats) => Date.now() - stats.mtimeMs,
        () => 0,
    );
    return age > DAY;
}

/** Identify this boot and process namespace: process numbers are meaningful only within them. */
function place(): string {
    const boot = quietly(
        () => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim().replaceAll("-", "").slice(0, 8),
        "0",
    );
    return (
        boot +
        quietly(
            () =>
                Number(/\d+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0] ?? 0)
                    .toString(16)
                    .slice(-8),
            "0",
        )
    );
}

/**
 * Return field 22 of /proc/PID/stat (proc(5)), since process numbers are reused with another start time. "0" when there
 * is no such process.
 */
function startTime(pid: number): string {
    return quietly(() => {
        const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
            .replace(/^.*\) /s, "")
            .split(" ");
        return fields[0] === "Z" ? "0" : (fields[19] ?? "0");
    }, "0");
}

function quietly<T>(ask: () => T, otherwise: T): T {
    try {
        return ask();
    } catch {
        return otherwise;
    }
}

/** Rename a complete, synced file into place; on return the name is on disk too. */
export async function publish(temporary: string, path: string): Promise<void> {
    await rename(temporary, path);
    await syncFolder(dirname(path));
}

/** Sync a folder: on return, names that were added or removed are on disk. */
export async function syncFolder(folder: string): Promise<void> {
    const handle = await open(folder, "r");
    try {
        await handle.sync();
    } finally {
        await handle.close();
    }
}

/** Write a small file completely or not at all. */
export async function writeWhole(path: string, text: string, mode = 0o600): Promise<void> {
    await sweepTemporaries(dirname(path));
    const temporary = temporaryName(path);
    try {
        const handle = await open(temporary, "wx", 0o600);
        try {
            await handle.writeFile(text);
            // chmod, because the umask affects open().
            if (mode !== 0o600) await handle.chmod(mode);
        } finally {
            await handle.close();
        }
        await rename(temporary, path);
    } catch (error) {
        await rm(temporary, { force: true });
        throw error;
    }
}
