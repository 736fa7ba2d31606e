// The parts of a Pulumi URN: urn:pulumi:STACK::PROJECT::TYPE::NAME. Only NAME may hold "::" itself.

/** Return the name of a resource in its program. */
export function logicalName(urn: string): string {
    return urn.split("::").slice(3).join("::");
}

/** Return the stack and the project of a URN; undefined when the text is no URN. */
export function stackOf(urn: string): { stack: string; project: string } | undefined {
    const [, stack, project] = /^urn:pulumi:([^:]+)::([^:]+)::/.exec(urn) ?? [];
    return stack === undefined || project === undefined ? undefined : { stack, project };
}

/** Return the stack and project part of a URN; it is equal for all resources of one stack. */
export function stackPart(urn: string): string {
    return urn.split("::").slice(0, 2).join("::");
}
