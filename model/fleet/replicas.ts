import { isTree, kindOf, type Report, type Tree, type Values } from "./values";

/** The most members of one fleet. More are rather a slip of the hand; several fleets may have more together. */
export const MAX_REPLICAS = 1000;

/** Return the number of members; undefined, and a problem, where it is none. */
export function replicasOf(replicas: unknown, values: Values, report: Report): number | undefined {
    if (typeof replicas === "number" && Number.isInteger(replicas) && replicas >= 0 && replicas <= MAX_REPLICAS)
        return replicas;
    const reason = `found ${kindOf(replicas, values)}; expected a whole number from 0 to ${MAX_REPLICAS}`;
    const hint = Number(replicas) > MAX_REPLICAS ? "; declare several fleets for more guests" : "";
    report({ property: "replicas", reason: reason + hint });
    return undefined;
}

/** Return how many members may be down at once. @default 1 */
export function stepOf(maxUnavailable: unknown, values: Values, report: Report): number {
    if (maxUnavailable === undefined || maxUnavailable === null) return 1;
    if (typeof maxUnavailable === "number" && Number.isInteger(maxUnavailable) && maxUnavailable >= 1)
        return maxUnavailable;
    report({
        property: "maxUnavailable",
        reason: `found ${kindOf(maxUnavailable, values)}; expected a whole number from 1`,
    });
    return 1;
}

/** Return the overrides by index. */
export function overridesOf(members: unknown, replicas: number, values: Values, report: Report): Map<number, Tree> {
    const overrides = new Map<number, Tree>();
    if (members === undefined || members === null) return overrides;
    if (!isTree(members, values)) {
        report({
            property: "members",
            reason: `found ${kindOf(members, values)}; expected overrides by index: { "0": { … } }`,
        });
        return overrides;
    }
    for (const [key, override] of Object.entries(members)) {
        if (override === undefined || override === null) continue;
        const property = `members[${JSON.stringify(key)}]`;
        if (!/^(0|[1-9]\d*)$/.test(key) || Number(key) >= replicas)
            report({
                property,
                reason: `found no member of this index; expected ${indexes(replicas)}; remove it, or raise replicas`,
            });
        else if (!isTree(override, values))
            report({
                property,
                reason: `found ${kindOf(override, values)}; expected an object with arguments of the member`,
            });
        else overrides.set(Number(key), override);
    }
    return overrides;
}

function indexes(replicas: number): string {
    if (replicas === 0) return "none, since the fleet has no members";
    return replicas === 1 ? "0" : `0 to ${replicas - 1}`;
}
