import { isTree, present, type Report, type Tree, type Values } from "./values";

/** Report hosts that are not beside the template, and a connection of the template beside them. */
export function hostProblems(
    hosts: unknown,
    template: Tree,
    overrides: ReadonlyMap<number, Tree>,
    report: Report,
): void {
    const reason =
        "found it in arguments of a member; write `hosts` beside `template`; an override pins one member by `connection`";
    for (const [at, tree] of [
        ["template", template] as const,
        ...[...overrides].map(([index, tree]) => [`members["${index}"]`, tree] as const),
    ])
        if ("hosts" in present(tree)) report({ property: `${at}.hosts`, reason });
    if (hosts !== undefined && "connection" in present(template))
        report({
            property: "template.connection",
            reason: "found it beside `hosts` of the fleet; expected one of the two",
        });
}

/**
 * Return a member's arguments with its hosts: those of the fleet, or the one that its override pins, with the name that the
 * fleet has for it.
 */
export function withHosts(member: Tree, hosts: unknown, values: Values): Tree {
    if (hosts === undefined) return member;
    const { connection, ...others } = member;
    if (connection === undefined) return { ...others, hosts };
    const listed = Array.isArray(hosts)
        ? hosts.find((one) => isTree(one, values) && one.connection === connection)
        : undefined;
    return { ...others, hosts: [listed ?? { connection }] };
}
