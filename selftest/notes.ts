import { readFileSync } from "node:fs";
import { readdir, readFile, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";

import { cacheFolder, makeCacheFolder, writeWhole } from "../images";
import type { Traces } from "./subject";

/** What a run is about to make, written down before it makes anything: should it be killed, the next one removes that. */
export interface Note {
    connection: string;
    /** As PULUMI_UNIKERNEL_DIR says it. */
    base?: string;
    /** This machine's process, and when it began: its number may be another's by now. */
    pid: number;
    began: string;
    /** A folder of this machine. */
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
    // While another run has a note, it stays.
    await rmdir(cacheFolder(ROOM)).catch(() => undefined);
}

/** Return the notes of runs whose process is gone, by run. */
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

/** Field 22 of /proc/PID/stat (proc(5)), and the boot that it counts from; "" when there is no such process. */
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
