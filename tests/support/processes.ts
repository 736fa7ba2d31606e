import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { HANG_MS } from "./time";

export interface ExecResult {
    stdout: string;
    stderr: string;
    code: number;
}
export interface ExecOptions {
    env?: Record<string, string>;
    timeout?: number;
    input?: string;
    cwd?: string;
}

/** Run a program to its end. A non-zero exit code is a result, not an error. */
export function capture(file: string, args: string[], options: ExecOptions = {}): Promise<ExecResult> {
    return new Promise((resolve, reject) => {
        const child = execFile(
            file,
            args,
            { maxBuffer: 1 << 26, timeout: options.timeout, cwd: options.cwd, env: { ...process.env, ...options.env } },
            (error, stdout, stderr) => {
                if (error && typeof error.code !== "number" && !error.killed) reject(error);
                else resolve({ stdout, stderr, code: error ? Number(error.code ?? 1) : 0 });
            },
        );
        child.stdin?.end(options.input);
    });
}

/** Run a program that must succeed. */
export async function must(file: string, args: string[], options: ExecOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await capture(file, args, options);
    if (code !== 0) throw new Error(`${file} ${args.join(" ")}: ended with ${code}: ${stderr.trim()}`);
    return stdout;
}

/** End the process of a pid file and wait until it is gone. */
export async function endProcess(pidFile: string, signal: NodeJS.Signals): Promise<void> {
    const pid = Number(await readFile(pidFile, "utf8"));
    signalQuietly(pid, signal);
    await until(() => !existsSync(`/proc/${pid}`) || /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8")));
}

export function signalQuietly(pid: number, signal: NodeJS.Signals): void {
    try {
        process.kill(pid, signal);
    } catch {
        /* gone already */
    }
}

export async function until(done: () => boolean | Promise<boolean>): Promise<void> {
    for (const end = Date.now() + HANG_MS; !(await done()); ) {
        if (Date.now() > end) throw new Error(`Waited ${HANG_MS / 1000} s for ${done}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
    }
}
