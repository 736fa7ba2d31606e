import { UnikernelError } from "../model";

/** A resource in what `pulumi stack export` writes. */
export interface ExportedResource {
    urn: string;
    id?: string;
    /** Time of the last change of its state, ISO 8601. */
    modified?: string;
    /** Inputs, and outputs over them. A secret is an object with its ciphertext. */
    values: Record<string, unknown>;
}

/**
 * Return the resources in what `pulumi stack export` wrote. Includes pending operations: an interrupted update or delete
 * is of a guest in state, an interrupted create proves nothing.
 * @param source its name, for errors
 */
export function resourcesOf(text: string, source: string): ExportedResource[] {
    const { resources, pending_operations: pending } = Object(deploymentIn(text, source)) as {
        resources?: unknown;
        pending_operations?: unknown;
    };
    const begun = list(pending)
        .filter((one) => Object(one).type !== "creating")
        .map((one) => Object(one).resource as unknown);
    return [...list(resources), ...begun].flatMap((one) => {
        const { urn, id, modified, inputs, outputs } = Object(one) as Record<string, unknown>;
        if (typeof urn !== "string") return [];
        return [
            {
                urn,
                ...(typeof id === "string" ? { id } : {}),
                ...(typeof modified === "string" ? { modified } : {}),
                values: { ...Object(inputs), ...Object(outputs) },
            },
        ];
    });
}

/** Return whether a resource is a Unikernel, of dynamic providers or of the plugin. */
export function isGuest({ urn }: Pick<ExportedResource, "urn">): boolean {
    return /unikernel:(index:)?Unikernel$/.test(typeOf(urn));
}

export function typeOf(urn: string): string {
    return urn.split("::")[2]?.split("$").at(-1) ?? "";
}

function deploymentIn(text: string, source: string): unknown {
    try {
        const document: unknown = JSON.parse(text);
        if (typeof Object(document).deployment === "object" && Object(document).deployment !== null)
            return Object(document).deployment;
    } catch {
        /* reported below */
    }
    throw new UnikernelError(
        "invalid",
        `${source} is not what pulumi stack export writes: expected a JSON document with "deployment"`,
    );
}

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
