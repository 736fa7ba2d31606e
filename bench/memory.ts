import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

const EVERY_MS = 100;

/**
 * Return the largest resident memory that any one process had while `work` ran: Linux's VmHWM (proc(5),
 * /proc/PID/status).
 * @param mark text in the environment of the processes that belong to the work
 * @param command matches the command line of the processes to measure
 * @returns bytes
 */
export async function peakMemory(mark: string, command: RegExp, work: () => Promise<void>): Promise<number> {
    let most = 0;
    let done = false;
    const watching = (async () => {
        const others = new Set<string>();
        while (!done) {
            for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name) && !others.has(name))) {
                if (await isOurs(pid, mark, command)) most = Math.max(most, await residentOf(pid));
                else if (Number(pid) < process.pid) others.add(pid);
            }
            await sleep(EVERY_MS);
        }
    })();
    try {
        await work();
    } finally {
        done = true;
        await watching;
    }
    if (most === 0) throw new Error(`no process of ${command} was seen`);
    return most;
}

async function isOurs(pid: string, mark: string, command: RegExp): Promise<boolean> {
    const text = async (file: string) => readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "");
    return command.test(await text("cmdline")) && (await text("environ")).includes(mark);
}

async function residentOf(pid: string): Promise<number> {
    const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}
