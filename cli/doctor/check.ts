import type { HostFacts, XenFacts } from "../../core/commands";
import type { Finding, Result } from "./finding";
import type { Machine } from "./probe/machine";

/** The input of every probe: the machine, the connection, and the results of earlier checks. */
export interface Scene {
    machine: Machine;
    /** libvirt URI. */
    connection: string;
    /** The program's folder, from which `@pulumi/pulumi` must resolve. */
    folder: string;
    /** Return facts of the host; asked once. */
    host(): Promise<HostFacts>;
    /** Return facts of a Xen host's dom0, asked once; undefined when the connection reaches only libvirt. */
    dom0(): Promise<XenFacts | undefined>;
    /** Ids of checks that failed or were skipped. Checks that need them are skipped. */
    down: ReadonlySet<string>;
}

export interface Check {
    id: string;
    title: string;
    run(scene: Scene): Promise<Finding[]>;
}

/** A check in two parts: the probe only collects facts, and the judge is a pure function of them. */
export interface CheckParts<Facts> {
    id: string;
    title: string;
    /** Checks that must pass first. */
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

/** Run the checks one after the other. @param onResult called with each result as it comes */
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
