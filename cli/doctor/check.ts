import type { HostFacts, XenFacts } from "../../core";
import type { Finding, Result } from "./finding";
import type { Machine } from "./probe/machine";

/** What every probe gets: the machine, the connection in question, and what earlier checks found. */
export interface Scene {
    machine: Machine;
    /** libvirt URI. */
    connection: string;
    /** The program's folder: where `@pulumi/pulumi` must resolve from. */
    folder: string;
    /** What the host says of itself; asked once. */
    host(): Promise<HostFacts>;
    /** What a Xen host's dom0 says; undefined where the connection leads to libvirt alone. Asked once. */
    dom0(): Promise<XenFacts | undefined>;
    /** Ids of checks that failed or were skipped: what needs them is not tried. */
    down: ReadonlySet<string>;
}

export interface Check {
    id: string;
    title: string;
    run(scene: Scene): Promise<Finding[]>;
}

/** A check apart: the probe looks and cannot judge, the judge is a pure function of what was seen. */
export interface CheckParts<Facts> {
    id: string;
    title: string;
    /** Checks without which this one has nothing to ask. */
    needs?: readonly string[];
    probe(scene: Scene): Promise<Facts>;
    judge(facts: Facts): Finding | Finding[];
}

export function check<Facts>({ id, title, needs = [], probe, judge }: CheckParts<Facts>): Check {
    return {
        id,
        title,
        async run(scene) {
            const missing = needs.find((need) => scene.down.has(need));
            if (missing) return [{ status: "skip", found: `not tried, because of ${missing}` }];
            return [judge(await probe(scene))].flat();
        },
    };
}

/** Runs the checks one after the other and hands each its results as they come. */
export async function runChecks(
    checks: readonly Check[],
    scene: Omit<Scene, "down">,
    onResult: (result: Result) => void = () => {},
): Promise<Result[]> {
    const results: Result[] = [];
    const down = new Set<string>();
    for (const { id, title, run } of checks) {
        for (const finding of await run({ ...scene, down })) {
            const result = { id, title, ...finding };
            if (finding.status === "fail" || finding.status === "skip") down.add(id);
            results.push(result);
            onResult(result);
        }
    }
    return results;
}
