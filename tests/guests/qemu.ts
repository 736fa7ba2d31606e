import { randomUUID } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { HANG_MS } from "../support/time";

export interface Booted {
    /** What the guest wrote to COM1 so far, line ends as \n. */
    console(): string;
    /** Resolves when the console has the text; rejects with the console when it has not within the time or QEMU ended. */
    until(text: string, milliseconds?: number): Promise<string>;
    /** Resolves with QEMU's exit code when it ends by itself; undefined when it still runs after the time. */
    ended(milliseconds: number): Promise<number | undefined>;
    /** One command of QEMU's human monitor. */
    monitor(command: string): void;
    /** Seconds of processor time that QEMU has used. */
    cpu(): number;
    stop(): Promise<void>;
}

export interface BootOptions {
    kernel: string;
    initrd?: string;
    cmdline?: string;
    /** MiB. @default 4 */
    memory?: number;
    machine?: "pc" | "q35";
}

/** Boots a kernel in plain QEMU under emulation, with nothing but a serial line. */
export async function boot({ kernel, initrd, cmdline, memory = 4, machine = "pc" }: BootOptions): Promise<Booted> {
    const { execa } = await import("execa");
    const socket = join(tmpdir(), `qemu-${randomUUID()}`);
    const qemu = execa(
        "qemu-system-x86_64",
        [
            "-accel",
            "tcg",
            "-machine",
            machine,
            "-m",
            String(memory),
            "-nodefaults",
            "-no-user-config",
            "-display",
            "none",
            "-no-reboot",
            "-serial",
            "stdio",
            "-monitor",
            `unix:${socket},server,nowait`,
            "-kernel",
            kernel,
            ...(initrd === undefined ? [] : ["-initrd", initrd]),
            ...(cmdline === undefined ? [] : ["-append", cmdline]),
        ],
        { reject: false, timeout: 60_000, buffer: false, stdin: "ignore", all: true, cleanup: true },
    );
    let text = "";
    qemu.all.on("data", (chunk: Buffer) => (text += chunk.toString("latin1").replaceAll("\r", "")));
    let code: number | undefined;
    const exit = qemu.then((result) => {
        rmSync(socket, { force: true });
        return (code = result.exitCode ?? -1);
    });
    return {
        console: () => text,
        async until(wanted, milliseconds = HANG_MS) {
            for (const end = Date.now() + milliseconds; !text.includes(wanted); await pause(20)) {
                if (code !== undefined || Date.now() > end)
                    throw new Error(`no "${wanted}" on the console (QEMU ${code ?? "runs"}):\n${text}`);
            }
            return text;
        },
        ended: (milliseconds) => Promise.race([exit, pause(milliseconds).then(() => code)]),
        monitor: (command) =>
            void connect(socket)
                .on("error", () => undefined)
                .end(`${command}\n`)
                .resume(),
        cpu: () => processorTime(qemu.pid),
        async stop() {
            qemu.kill("SIGKILL");
            await exit;
        },
    };
}

const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds).unref());

/** utime and stime of proc(5), in ticks of 10 ms. */
function processorTime(pid: number | undefined): number {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
        .replace(/^.*\) /, "")
        .split(" ");
    return (Number(fields[11]) + Number(fields[12])) / 100;
}
