import { readFile } from "node:fs/promises";
import type { LibvirtHost } from "../../tests/support/libvirtHost";
import { median } from "../figure";

/**
 * Return the bytes of proportional set size in a /proc/PID/smaps_rollup: pages that a process shares with n others
 * count as 1/n (proc(5), /proc/PID/smaps).
 */
export function proportional(rollup: string): number {
    const kilobytes = /^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1];
    if (kilobytes === undefined) throw new Error("smaps_rollup has no line Pss");
    return Number(kilobytes) * 1024;
}

/** Return the median proportional set size of the guests' QEMU processes. */
export async function guestMemory(host: LibvirtHost, names: readonly string[]): Promise<number> {
    const sizes: number[] = [];
    for (const name of names) {
        const pid = await host.guestProcess(name);
        if (pid === "") throw new Error(`no QEMU of ${name} runs`);
        sizes.push(proportional(await readFile(`/proc/${pid}/smaps_rollup`, "utf8")));
    }
    return median(sizes);
}
