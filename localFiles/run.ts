import { currentSignal, UnikernelError } from "../model";

/** The Debian package of each program. */
const packages = {
    xorriso: "xorriso",
    mke2fs: "e2fsprogs",
    debugfs: "e2fsprogs",
    "qemu-img": "qemu-utils",
    "grub-mkimage": "grub-common",
    "grub2-mkimage": "grub-common",
    mformat: "mtools",
    mcopy: "mtools",
} as const;
export type Program = keyof typeof packages;

export interface RunOptions {
    env?: Record<string, string>;
    /** Milliseconds after which the program is killed. @default 600000 */
    timeout?: number;
}

/** Run a program and return its standard error. Arguments never pass a shell. */
export async function run(program: Program, args: string[], options: RunOptions = {}): Promise<string> {
    const { execa } = await import("execa");
    const timeout = options.timeout ?? 600_000;
    const signal = currentSignal();
    signal?.throwIfAborted();
    const result = await execa(program, args, {
        // The tools of e2fsprogs are in /usr/sbin, which is not on the PATH of ordinary users.
        env: {
            ...process.env,
            PATH: `${process.env.PATH ?? ""}:/usr/sbin:/sbin`,
            LC_ALL: "C",
            TZ: "UTC",
            ...options.env,
        },
        stdin: "ignore",
        stdout: "ignore",
        reject: false,
        timeout,
        forceKillAfterDelay: 2000,
        cancelSignal: signal,
    });
    signal?.throwIfAborted();
    if (result.code === "ENOENT") {
        throw new UnikernelError("program-missing", `the program ${program} was not found`, {
            hint: `install the package that has it: apt-get install ${packages[program]}`,
        });
    }
    if (result.timedOut) throw new UnikernelError("timeout", `${program} did not end within ${timeout / 1000} s`);
    const stderr = result.stderr ?? "";
    if (result.failed) throw failed(program, stderr, `exit code ${result.exitCode ?? result.signal ?? "unknown"}`);
    return stderr;
}

/** Return the error for a program that failed, by its exit code or by its messages. */
export function failed(program: Program, stderr: string, how: string): UnikernelError {
    const tail = stderr.trim().split("\n").slice(-8).join("\n    ");
    return new UnikernelError("program-failed", `${program} failed (${how})`, {
        hint: tail ? `it said:\n    ${tail}` : undefined,
    });
}
