import { spawn } from "node:child_process";
import { join } from "node:path";

import { hasCode, messageOf } from "../../model";
import type { FaultJob } from "./faultChild";
import type { Fault } from "./faults";
import type { NetworkFaultJob } from "./networkFaultChild";

/** Run one operation in its own process, which SIGKILL ends at the fault. @param child the program of that process */
export function runAndKill(
    job: FaultJob | NetworkFaultJob,
    env: NodeJS.ProcessEnv = {},
    child = "faultChild.ts",
): Promise<void> {
    return new Promise((resolve, reject) => {
        const running = spawn(
            process.execPath,
            ["-r", join(__dirname, "typescript.cjs"), join(__dirname, child), JSON.stringify(job)],
            { env: { ...process.env, ...env }, stdio: ["ignore", "ignore", "pipe"] },
        );
        let said = "";
        running.stderr.on("data", (data: Buffer) => {
            said += data.toString();
        });
        running.on("error", reject);
        running.on("close", (code, signal) =>
            signal === "SIGKILL"
                ? resolve()
                : reject(new Error(`${JSON.stringify(job.fault)} was not reached: ended with ${code}\n${said}`)),
        );
    });
}

export const LONG = process.env.PULUMI_UNIKERNEL_LONG !== undefined;

/**
 * Return the faults before the first change and after each; in the long run also during those that the daemon continues
 * by itself.
 */
export function points(changes: string[], from = 0): Fault[] {
    return [
        { change: from, when: "before" },
        ...changes.map((_name, change): Fault => ({ change, when: "after" })).slice(from),
        ...changes.flatMap((name, change): Fault[] =>
            LONG && change >= from && /^domains\.(define|start|destroy|undefine)$/.test(name)
                ? [{ change, when: "during" }]
                : [],
        ),
    ];
}

/**
 * Return the part of the points that `npm test` takes: after the first of each kind of call, where writing and removing
 * files is one kind, and after the last call. `--long` takes all. Hosts in memory do them all each time
 * (killedAnywhere.test.ts of tests/unit/lifecycle and tests/unit/libvirt-networks).
 */
export function spread(all: Fault[], changes: string[]): Fault[] {
    if (LONG) return all;
    const kinds = new Set<string>();
    return all.filter(({ change, when }, index) => {
        if (when !== "after") return false;
        const kind = changes[change]!.replace(/^files\..*/, "files");
        return !kinds.has(kind) && kinds.add(kind) ? true : index === all.length - 1;
    });
}

/** The words for it in a test's name. */
export const SPREAD = LONG ? "each call" : "the first call of each kind and the last (all: --long)";

/** Describe an error after a fault, with the position of the fault. */
export function at(changes: string[], { when, change }: Fault, error: unknown): string {
    return `${when} ${changes[change]} (${change} of ${changes.length}): ${messageOf(error)}`;
}

/** Expect an update to fail and roll back. */
export async function goesBack(update: Promise<unknown>): Promise<void> {
    await update.then(
        () => {
            throw new Error("it did not fail");
        },
        (error: unknown) => {
            if (!hasCode(error, "rolled-back")) throw error;
        },
    );
}
