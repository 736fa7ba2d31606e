// The URNs of a fleet's children: their types have the same parents, and the name of each begins with the fleet's.

interface Parts {
    /** `urn:pulumi:STACK::PROJECT`. */
    stack: string;
    /** The types of its parents, `$` after each. */
    parents: string;
    type: string;
}

function partsOf(urn: string): Parts {
    const [first, project, types = ""] = urn.split("::");
    const end = types.lastIndexOf("$") + 1;
    return { stack: `${first}::${project}`, parents: types.slice(0, end), type: types.slice(end) };
}

/** Return what identifies a fleet, from the URN of any of its children. */
export function fleetKey(urn: string, fleet: string): string {
    const { stack, parents } = partsOf(urn);
    return `${stack}::${parents}::${fleet}`;
}

/** Return the URN of another member. */
export function siblingUrn(urn: string, fleet: string, index: number): string {
    const { stack, parents, type } = partsOf(urn);
    return `${stack}::${parents}${type}::${fleet}-${index}`;
}
