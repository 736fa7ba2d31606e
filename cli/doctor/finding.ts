/** ok: works. warn: something optional does not work. fail: `pulumi up` would not work. skip: not checked. */
export type Status = "ok" | "warn" | "fail" | "skip";

/** One result of a check. */
export interface Finding {
    status: Status;
    /** What was found, in one sentence. */
    found: string;
    /** The exact command that fixes it. */
    fix?: string;
    /** Additional advice, such as "then log in again". */
    note?: string;
}

/** A finding with its check: an element of `--json`. */
export interface Result extends Finding {
    id: string;
    title: string;
}

/** Return whether no required check failed; the exit code follows from it. */
export function wouldWork(results: readonly Result[]): boolean {
    return results.every((result) => result.status !== "fail");
}

/** Return major, minor and release of the first dotted number in a text; undefined when there is none. */
export function parseVersion(text: string): string | undefined {
    return /(?<!\d)(\d+\.\d+(?:\.\d+)?)/.exec(text)?.[1];
}

/** Compare dotted numbers: negative when `a` is older than `b`. */
export function compareVersions(a: string, b: string): number {
    const [left, right] = [a, b].map((version) => version.split(".").map(Number)) as [number[], number[]];
    for (let i = 0; i < Math.max(left.length, right.length); i++) {
        const difference = (left[i] ?? 0) - (right[i] ?? 0);
        if (difference !== 0) return difference;
    }
    return 0;
}
