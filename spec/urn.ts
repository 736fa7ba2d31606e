// The parts of a Pulumi URN: urn:pulumi:STACK::PROJECT::TYPE::NAME. Only NAME may hold "::" itself.

/** Return the name of a resource in its program. */
export function logicalName(urn: string): string {
    return urn.split("::").slice(3).join("::");
}

/** Return the stack and the project that a URN is of; undefined for what is no URN. */
export function stackOf(urn: string): { stack: string; project: string } | undefined {
    const [, stack, project] = /^urn:pulumi:([^:]+)::([^:]+)::/.exec(urn) ?? [];
    return stack === undefined || project === undefined ? undefined : { stack, project };
}

/** Return stack and project as they stand in the URN: two URNs of one stack have the same. */
export function stackPart(urn: string): string {
    return urn.split("::").slice(0, 2).join("::");
}
