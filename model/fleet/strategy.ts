import type { RollOut } from "../rollOut";
import { stepOf } from "./replicas";
import { isTree, kindOf, present, type Report, type Tree, type Values } from "./values";

/** The arguments that say how a change of a fleet is rolled out, as they are written. */
export interface RollOutDeclaration {
    strategy?: unknown;
    minInService?: unknown;
    maxUnavailable?: unknown;
}

/** A day: a longer wait is rather a slip of the hand. */
const MAX_SECONDS = 86_400;

/**
 * Return how a change is rolled out: how many members may be down at once, and the whole of it where the fleet says more.
 * @param replicas undefined where it is wrong itself
 */
export function rollOutOf(
    { strategy, minInService, maxUnavailable }: RollOutDeclaration,
    replicas: number | undefined,
    values: Values,
    report: Report,
): { maxUnavailable: number; rollOut?: RollOut } {
    const whole = (
        value: unknown,
        property: string,
        [least, most]: [number, number],
        standard: number | undefined,
    ): number | undefined => {
        if (value === undefined || value === null) return standard;
        if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
        report({
            property,
            reason: `found ${kindOf(value, values)}; expected a whole number ${most === Infinity ? `from ${least}` : `from ${least} to ${most}`}`,
        });
        return standard;
    };
    const seconds = (tree: Tree, name: string, at: string): number =>
        whole(tree[name], `${at}.${name}`, [0, MAX_SECONDS], 0)!;
    const treeAt = (value: unknown, property: string, known: string[]): Tree | undefined => {
        if (value === undefined || value === null) return undefined;
        if (!isTree(value, values)) {
            report({ property, reason: `found ${kindOf(value, values)}; expected an object with ${known.join(", ")}` });
            return undefined;
        }
        for (const name of Object.keys(present(value)).filter((one) => !known.includes(one)))
            report({ property: `${property}.${name}`, reason: `unknown property; expected ${known.join(", ")}` });
        return value;
    };
    const written = treeAt(strategy, "strategy", ["canary", "maxUnavailable", "pause", "minReady"]);
    const canary = written && treeAt(written.canary, "strategy.canary", ["count", "bake"]);
    if (
        written?.maxUnavailable !== undefined &&
        written.maxUnavailable !== null &&
        maxUnavailable !== undefined &&
        maxUnavailable !== null
    )
        report({ property: "maxUnavailable", reason: "found it twice; write it in strategy alone" });
    const step = written?.maxUnavailable ?? undefined;
    const down =
        step === undefined
            ? stepOf(maxUnavailable, values, report)
            : whole(step, "strategy.maxUnavailable", [1, Infinity], 1)!;
    const most = replicas ?? Infinity;
    const least = whole(minInService, "minInService", [0, most], undefined);
    if (written === undefined && least === undefined) return { maxUnavailable: down };
    return {
        maxUnavailable: down,
        rollOut: {
            canary: canary
                ? {
                      count: whole(canary.count, "strategy.canary.count", [1, Infinity], 1)!,
                      bake: seconds(canary, "bake", "strategy.canary"),
                  }
                : { count: 0, bake: 0 },
            maxUnavailable: down,
            pause: written ? seconds(written, "pause", "strategy") : 0,
            minReady: written ? seconds(written, "minReady", "strategy") : 0,
            ...(least === undefined ? {} : { minInService: least }),
        },
    };
}

/**
 * Return what each member's provider must know of the roll-out: the same for all of them. Connections keep their form.
 * @param members `state` and `connection` of each
 */
export function rollOutOfMembers(
    fleet: string,
    rollOut: RollOut,
    members: readonly { state?: unknown; connection?: unknown }[],
): Tree {
    const given = members.map(({ connection }) => connection).filter((one) => one !== undefined && one !== null);
    return {
        fleet,
        replicas: members.length,
        ...rollOut,
        idle: members.flatMap(({ state }, index) => (state === "paused" || state === "stopped" ? [index] : [])),
        connections: [...new Set(given)],
    };
}
