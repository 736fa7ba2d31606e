// How set-up shows what it does: one line a step, with the time it took, and a sign of life in long ones.
import { spawn } from "node:child_process";

/** An error that says what to do; shown without a stack. */
export class SetupError extends Error {}

/** @param {number} since */
const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`;

/**
 * Runs one step and prints it.
 * @param {string} name
 * @param {() => string | Promise<string>} work returns what was found or done, in a few words
 */
export async function step(name, work) {
    const started = Date.now();
    try {
        const note = await work();
        console.log(`  ✓ ${name}: ${note} (${seconds(started)})`);
    } catch (error) {
        console.log(`  ✗ ${name} (${seconds(started)})`);
        throw error;
    }
}

/**
 * Runs a program. Its output is kept and shown only when it fails; every ten seconds a line says that it
 * still runs, with the last line of its output.
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, title?: string }} [options]
 * @returns {Promise<string>} its output
 */
export function run(program, args, { cwd, env = process.env, title = program } = {}) {
    const started = Date.now();
    /** @type {string[]} */
    const lines = [];
    console.log(`    $ ${[program, ...args].join(" ")}`);
    return new Promise((resolve, reject) => {
        const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
        for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => lines.push(chunk.toString()));
        const alive = setInterval(() => {
            const last = lines.join("").trimEnd().split("\n").at(-1)?.slice(0, 100);
            console.log(`    … ${title}, ${seconds(started)}: ${last}`);
        }, 10_000);
        /** @param {string} [failure] */
        const end = (failure) => {
            clearInterval(alive);
            if (failure)
                reject(
                    new SetupError(
                        `${title} ${failure}:\n${lines.join("").trimEnd().split("\n").slice(-60).join("\n")}`,
                    ),
                );
            else resolve(lines.join(""));
        };
        child.on("error", (error) => end(`could not be started (${error.message})`));
        child.on("close", (code, signal) => end(code === 0 ? undefined : `ended with ${signal ?? `status ${code}`}`));
    });
}
