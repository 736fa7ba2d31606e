import * as pulumi from "@pulumi/pulumi";

/**
 * The property paths (`env.PASSWORD`, `args[2]`) whose values are secret. Handlers get secrets as plain
 * values, and an Output of the whole would make every value of it secret: each is asked on its own.
 * @returns undefined where there is none
 */
export function secretPaths(args: Record<string, unknown>): pulumi.Output<string[] | undefined> {
    const paths = pulumi.output(Promise.all(Object.entries(args).map(([name, value]) => pathsIn(name, value))));
    return paths.apply((found) => (found.flat().length > 0 ? found.flat() : undefined));
}

/** A place for the key of digests over secrets; check fills it in, the engine encrypts it. */
export function digestKey(secrets: pulumi.Output<string[] | undefined>): pulumi.Output<string | undefined> {
    return secrets.apply((paths): pulumi.Output<string | undefined> =>
        paths ? pulumi.secret("") : pulumi.output(undefined));
}

async function pathsIn(name: string, value: unknown): Promise<pulumi.Output<string[]>> {
    if (isOutput(value)) {
        if (!(await pulumi.isSecret(value))) return pulumi.output([]);
        return pulumi.unsecret(value).apply((known) => entriesOf(known)?.map(([key]) => pathOf(name, known, key)) ?? [name]);
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
