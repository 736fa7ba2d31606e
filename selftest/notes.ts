import { readFileSync } from "node:fs";
import { readdir, readFile, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";

import { cacheFolder, makeCacheFolder, writeWhole } from "../localFiles";
import type { Traces } from "./subject";

/** What a run is about to create, written before it creates anything. If the run is killed, the next one removes it. */
export interface Note {
    connection: string;
    /** The value of PULUMI_UNIKERNEL_DIR. */
    base?: string;
    /** Process on this machine, with its start: the kernel reuses process numbers. */
    pid: number;
    began: string;
    /** A folder on this machine. */
    scratch: string;
    guests: Traces[];
}

const ROOM = "selftests";
const pathOf = (run: string): string => join(cacheFolder(ROOM), `${run}.json`);

export async function writeNote(run: string, note: Omit<Note, "pid" | "began" | "base">): Promise<void> {
    await makeCacheFolder(ROOM);
    const { PULUMI_UNIKERNEL_DIR: base } = process.env;
    await writeWhole(
        pathOf(run),
        JSON.stringify({ ...note, base, pid: process.pid, began: beganOf(process.pid) } satisfies Note),
    );
}

export async function forgetNote(run: string): Promise<void> {
    await rm(pathOf(run), { force: true });
    // The folder stays while another run has a note in it.
    await rmdir(cacheFolder(ROOM)).catch(() => undefined);
}

/** Return the notes of runs whose process has ended, by run. */
export async function leftNotes(): Promise<[run: string, note: Note][]> {
    const names = await readdir(cacheFolder(ROOM)).catch(() => []);
    const notes = await Promise.all(
        names
            .filter((name) => name.endsWith(".json"))
            .map(async (name): Promise<[string, Note] | undefined> => {
                try {
                    return [
                        name.slice(0, -".json".length),
                        JSON.parse(await readFile(join(cacheFolder(ROOM), name), "utf8")) as Note,
                    ];
                } catch {
                    return undefined;
                }
            }),
    );
    return notes.filter((note) => note !== undefined).filter(([, { pid, began }]) => beganOf(pid) !== began);
}

/** Return field 22 of /proc/PID/stat (proc(5)) with the boot that it counts from; "" when there is no such process. */
function beganOf(pid: number): string {
    try {
        const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
        return `${boot} ${
            readFileSync(`/proc/${pid}/stat`, "utf8")
                .replace(/^.*\) /s, "")
                .split(" ")[19]
        }`;
    } catch {
        return "";
    }
}
