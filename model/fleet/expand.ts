import type { Problem } from "../error";
import { HOST_TEXTS } from "../hosts";
import type { RollOut } from "../rollOut";
import { hostProblems, withHosts } from "./hosts";
import { interfacesOf, named } from "./interfaces";
import { expandTree, type Place } from "./placeholders";
import { Ports } from "./ports";
import { overridesOf, replicasOf } from "./replicas";
import { rollOutOf, rollOutOfMembers } from "./strategy";
import { isTree, kindOf, PLAIN, present, type Report, type Tree, type Values } from "./values";

/** A fleet by a template, as it is written: arguments of any form. */
export interface FleetDeclaration {
    replicas?: unknown;
    template?: unknown;
    members?: unknown;
    hosts?: unknown;
    ports?: unknown;
    maxUnavailable?: unknown;
    strategy?: unknown;
    minInService?: unknown;
}

/** An interface of a member: the logical name and the arguments of its NetworkInterface. */
export interface ExpandedInterface {
    name: string;
    args: Tree;
}

/** One member with arguments of its own. */
export interface ExpandedMember {
    index: number;
    /** The logical name. */
    name: string;
    /** The arguments of its Unikernel, without `interfaces`. */
    unikernel: Tree;
    interfaces: ExpandedInterface[];
}

export interface ExpandedFleet {
    /** In the order of their indexes. */
    members: ExpandedMember[];
    /** How many may be down at once. */
    maxUnavailable: number;
    /** How a change is rolled out, where the fleet says so. */
    rollOut?: RollOut;
    /** The argument of each member by which its provider follows that. */
    ofMembers?: Tree;
    problems: Problem[];
}

/**
 * Return the members of a fleet.
 * @param name the fleet's
 * @throws UnikernelError `invalid` when a secret or later value has a placeholder that does not exist
 */
export function expandFleet(name: string, declaration: FleetDeclaration, values: Values = PLAIN): ExpandedFleet {
    const problems = new Map<string, Problem>();
    // What is wrong in the template is wrong in each member, and told once.
    const report = (problem: Problem): void => void problems.set(JSON.stringify(problem), problem);
    const { replicas, template, members, hosts, ports, maxUnavailable, strategy, minInService, ...others } =
        declaration;
    for (const property of Object.keys(present(others))) report({ property, reason: "unknown property" });
    const count = replicasOf(replicas, values, report);
    const rolling = rollOutOf({ strategy, minInService, maxUnavailable }, count, values, report);
    const overrides = count === undefined ? new Map<number, Tree>() : overridesOf(members, count, values, report);
    if (!isTree(template, values)) {
        report({
            property: "template",
            reason: `found ${kindOf(template, values)}; expected arguments of a Unikernel`,
        });
        return { members: [], ...rolling, problems: [...problems.values()] };
    }
    hostProblems(hosts ?? undefined, template, overrides, report);
    const cards = interfacesOf(template, "template", values, report);
    const placing = (hosts ?? undefined) !== undefined;
    const numbering = count && Ports.of(ports, cards, count, values, report);
    const expanded = Array.from({ length: count ?? 0 }, (_, index): ExpandedMember => {
        const place: Place = { index, name: `${name}-${index}`, ...(placing ? { host: "never" } : {}) };
        const at = `members["${index}"]`;
        const override = overrides.get(index) ?? {};
        const own = merged(
            treeOf(template, "template", place, values, report),
            treeOf(override, at, place, values, report),
            values,
        );
        const [given, from] = "interfaces" in present(override) ? [override, at] : [template, "template"];
        const written = interfacesOf(given, from, values, report);
        const wanted = written.map((one, card) =>
            expandTree(one, `${from}.interfaces[${card}]`, place, values, report),
        );
        const numbered = numbering ? numbering.number(index, wanted, from, report) : wanted;
        const placed = withHosts(own, hosts ?? undefined, values);
        return { index, name: place.name, unikernel: placed, interfaces: named(numbered, place.name) };
    });
    const { rollOut } = rolling;
    const ofMembers = rollOut && rollOutOfMembers(name, rollOut, expanded.map(whereabouts));
    return { members: expanded, ...rolling, ...(ofMembers ? { ofMembers } : {}), problems: [...problems.values()] };

    /** A later value keeps its identity, so that one that all members have stands once in their argument. */
    function whereabouts({ index, unikernel: { state, connection } }: ExpandedMember): Tree {
        const written = overrides.get(index)?.connection ?? (template as Tree).connection;
        return { state, connection: values.isLater(written) ? written : connection };
    }
}

/** Return arguments without interfaces, expanded. */
function treeOf(tree: Tree, at: string, place: Place, values: Values, report: Report): Tree {
    const { interfaces: _, ...others } = present(tree);
    const expanded = Object.entries(others).map(([key, value]): [string, unknown] => [
        key,
        expandTree(value, `${at}.${key}`, placeIn(key, place), values, report),
    ]);
    return Object.fromEntries(expanded);
}

function placeIn(argument: string, place: Place): Place {
    return place.host === undefined || !HOST_TEXTS.includes(argument) ? place : { ...place, host: "later" };
}

/** Return a member's arguments: of `env` each variable replaces the template's, of all else the whole argument. */
function merged(template: Tree, override: Tree, values: Values): Tree {
    const both = { ...template, ...override };
    if (template.env === undefined || override.env === undefined) return both;
    // Variables that are each a value of their own stay so: one secret among them does not make the others secret.
    if (isTree(template.env, values) && isTree(override.env, values))
        return { ...both, env: { ...template.env, ...override.env } };
    return { ...both, env: values.form([template.env, override.env], ([before, after]) => joined(before, after)) };
}

/** Return both of two maps; what is no map is left to the check of the guest, which names it. */
function joined(before: unknown, after: unknown): unknown {
    return isTree(before) && isTree(after) ? { ...before, ...after } : after;
}
