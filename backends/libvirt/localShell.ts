import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** Run a short script of sh with `set -eu`; the words are $1, $2 … @returns what it printed */
export type HostShell = (script: string, words: string[]) => Promise<string>;

/** The shell of this machine. */
export const localShell: HostShell = async (script, words) =>
    (await promisify(execFile)("sh", ["-euc", script, "sh", ...words], { timeout: 20_000 })).stdout;
