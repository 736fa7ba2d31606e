/** ok: works. warn: something optional does not. fail: `pulumi up` would not work. skip: could not be asked. */
export type Status = "ok" | "warn" | "fail" | "skip";

/** What one check has to say of one thing. */
export interface Finding {
    status: Status;
    /** What was found, in one sentence. */
    found: string;
    /** The exact command that mends it. */
    fix?: string;
    /** What to know beside the command, such as "then log in again". */
    note?: string;
}

/** A finding with the check that it came from: an element of `--json`. */
export interface Result extends Finding {
    id: string;
    title: string;
}

/** @returns what the exit code is made of: nothing that is needed failed */
export function wouldWork(results: readonly Result[]): boolean {
    return results.every((result) => result.status !== "fail");
}

/** Major, minor and release of the first dotted number in a text; undefined when there is none. */
export function parseVersion(text: string): string | undefined {
    return /(?<!\d)(\d+\.\d+(?:\.\d+)?)/.exec(text)?.[1];
}

/** Compares dotted numbers: negative when `a` is older than `b`. */
export function compareVersions(a: string, b: string): number {
    const [left, right] = [a, b].map((version) => version.split(".").map(Number)) as [number[], number[]];
    for (let i = 0; i < Math.max(left.length, right.length); i++) {
        const difference = (left[i] ?? 0) - (right[i] ?? 0);
        if (difference !== 0) return difference;
    }
    return 0;
}
