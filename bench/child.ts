import { execFile } from "node:child_process";
import { join } from "node:path";

/** Run a program of bench/programs in its own process and return the JSON document that it prints. */
export function child<T>(
    program: string,
    argument: unknown,
    options: { env?: Record<string, string>; enter?: string[] } = {},
): Promise<T> {
    const [file = process.execPath, ...args] = [
        ...(options.enter ?? []),
        process.execPath,
        ...(program.endsWith(".ts") ? ["-r", join(__dirname, "../tests/support/typescript.cjs")] : []),
        join(__dirname, "programs", program),
        JSON.stringify(argument),
    ];
    return new Promise((done, fail) => {
        execFile(
            file,
            args,
            { env: { ...process.env, ...options.env }, timeout: 300_000, maxBuffer: 1 << 26 },
            (error, stdout, stderr) => {
                if (error) fail(new Error(`${program} failed:\n${stderr}${stdout}`));
                else done(JSON.parse(stdout) as T);
            },
        );
    });
}
