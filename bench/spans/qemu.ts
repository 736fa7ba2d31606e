import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import type { LibvirtHost } from "../../tests/support/libvirtHost";

/** USER_HZ of Linux on x86 and arm64: the unit of times in /proc/PID/stat. */
const TICKS_EACH_SECOND = 100;

/** Return when a process started, in milliseconds since 1970, to 10 ms: field 22 of /proc/PID/stat (proc(5)). */
export async function startOf(pid: string): Promise<number> {
    const [stat, uptime] = await Promise.all([
        readFile(`/proc/${pid}/stat`, "utf8"),
        readFile("/proc/uptime", "utf8").then((text) => ({ seconds: Number(text.split(" ")[0]), at: Date.now() })),
    ]);
    return uptime.at - uptime.seconds * 1000 + (startTicks(stat) * 1000) / TICKS_EACH_SECOND;
}

/** Return field 22; the second one is a name in parentheses, which may have spaces and parentheses. */
export function startTicks(stat: string): number {
    const ticks = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
    if (!Number.isInteger(ticks)) throw new Error(`no start time in ${stat}`);
    return ticks;
}

/** Watches when QEMU lets a guest's processors run: the event RESUME of its monitor, by virsh. */
export class ResumeWatcher {
    private output = "";
    private readonly virsh;
    private readonly ended: Promise<unknown>;

    constructor(host: LibvirtHost) {
        const args = ["-q", "-c", host.uri, "qemu-monitor-event", "--event", "RESUME", "--loop"];
        this.virsh = spawn("virsh", args, { stdio: ["ignore", "pipe", "inherit"] });
        this.ended = new Promise((done) => this.virsh.on("close", done));
        this.virsh.stdout.setEncoding("utf8").on("data", (text: string) => {
            this.output += text;
        });
    }

    /** End the watch. @returns the time of the first event, in milliseconds since 1970 */
    async end(): Promise<number> {
        this.virsh.kill("SIGINT");
        await this.ended;
        return firstResume(this.output);
    }
}

/** Return the time of the first event that virsh printed: `event RESUME at 1700000000.123456 for domain …`. */
export function firstResume(output: string): number {
    const [, seconds] = /^event RESUME at (\d+\.\d{6}) for domain/m.exec(output) ?? [];
    if (seconds === undefined) throw new Error(`virsh saw no event RESUME: ${output}`);
    return Number(seconds) * 1000;
}
