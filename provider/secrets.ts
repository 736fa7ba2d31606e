import * as pulumi from "@pulumi/pulumi";

/**
 * Return the property paths (`env.PASSWORD`, `args[2]`) of secret values. Handlers get secrets as plain values. Each
 * value is asked separately, because an Output of the whole would make every value in it secret.
 * @returns undefined when there is none
 */
export function secretPaths(args: Record<string, unknown>): pulumi.Output<string[] | undefined> {
    const paths = pulumi.output(Promise.all(Object.entries(args).map(([name, value]) => pathsIn(name, value))));
    return paths.apply((found) => (found.flat().length > 0 ? found.flat() : undefined));
}

/** Return whether a value of the arguments is secret. The result is known in a preview and is not an output of them. */
export async function holdsSecret(args: Record<string, unknown>): Promise<true | undefined> {
    const found = await Promise.all(Object.entries(args).map(([name, value]) => deepPathsIn(name, value)));
    return found.flat().length > 0 ? true : undefined;
}

/** Return an input for the key of digests over secrets; check fills it in, the engine encrypts it. */
export function digestKey(secrets: pulumi.Output<string[] | undefined>): pulumi.Output<string | undefined> {
    return secrets.apply(
        (paths): pulumi.Output<string | undefined> => (paths ? pulumi.secret("") : pulumi.output(undefined)),
    );
}

/**
 * Return the paths of all secret values at any depth (`connection`, `readiness.console`, `blocks[0].mount`), except in
 * arguments that `secretPaths` covers.
 * @returns undefined when there is none
 */
export function hiddenPaths(args: Record<string, unknown>): pulumi.Output<string[] | undefined> {
    return pulumi
        .output(Promise.all(Object.entries(args).map(([name, value]) => deepPathsIn(name, value))))
        .apply((found) => (found.flat().length > 0 ? found.flat() : undefined));
}

/**
 * Return an empty secret under each name if anything is hidden: the engine then encrypts the outputs of these names,
 * which may repeat it.
 */
export function secretPlaces(
    names: readonly string[],
    hidden: pulumi.Output<string[] | undefined>,
): Record<string, pulumi.Output<string | undefined>> {
    return Object.fromEntries(names.map((name) => [name, digestKey(hidden)]));
}

async function deepPathsIn(path: string, value: unknown): Promise<string[]> {
    // A secret Output is known to be secret without its value. One that is not secret contains none: a secret inside
    // would make the whole secret.
    if (isOutput(value)) return (await pulumi.isSecret(value)) ? [path] : [];
    const plain = await value;
    const inner = await Promise.all(
        (entriesOf(plain) ?? []).map(([key, one]) => deepPathsIn(pathOf(path, plain, key), one)),
    );
    return inner.flat();
}

async function pathsIn(name: string, value: unknown): Promise<pulumi.Output<string[]>> {
    if (isOutput(value)) {
        if (!(await pulumi.isSecret(value))) return pulumi.output([]);
        return pulumi
            .unsecret(value)
            .apply((known) => entriesOf(known)?.map(([key]) => pathOf(name, known, key)) ?? [name]);
    }
    const plain = await value;
    const entries = entriesOf(plain) ?? [];
    const secret = await Promise.all(entries.map(([, inner]) => isOutput(inner) && pulumi.isSecret(inner)));
    return pulumi.output(entries.filter((_, index) => secret[index]).map(([key]) => pathOf(name, plain, key)));
}

function entriesOf(value: unknown): [string, unknown][] | undefined {
    return value !== null && typeof value === "object" ? Object.entries(value) : undefined;
}

function pathOf(name: string, container: unknown, key: string): string {
    return Array.isArray(container) ? `${name}[${key}]` : `${name}.${key}`;
}

function isOutput(value: unknown): value is pulumi.Output<unknown> {
    return pulumi.Output.isInstance(value);
}
