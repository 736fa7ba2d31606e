import * as pulumi from "@pulumi/pulumi";

/** The arguments that may hold secrets: what the guest is told. */
export interface SecretBearing {
    env?: pulumi.Input<Record<string, pulumi.Input<string>>>;
    args?: pulumi.Input<pulumi.Input<string>[]>;
}

/**
 * The property paths (`env.PASSWORD`, `args[2]`) whose values are secret. Handlers get secrets as plain
 * values, and an Output of the whole would make every value of it secret: each is asked on its own.
 */
export function secretPaths({ env, args }: SecretBearing): pulumi.Output<string[]> {
    return pulumi.output(Promise.all([
        pathsIn(env, (name) => `env.${name}`),
        pathsIn(args, (index) => `args[${index}]`),
    ])).apply((paths) => paths.flat());
}

/** A place for the key of digests over secrets; check fills it in, the engine encrypts it. */
export function digestKey(secrets: pulumi.Output<string[]>): pulumi.Output<string | undefined> {
    return secrets.apply((paths): pulumi.Output<string | undefined> =>
        paths.length > 0 ? pulumi.secret("") : pulumi.output(undefined));
}

async function pathsIn(values: unknown, path: (key: string) => string): Promise<pulumi.Output<string[]>> {
    if (values === undefined) return pulumi.output([]);
    if (isOutput(values)) {
        if (!(await pulumi.isSecret(values))) return pulumi.output([]);
        return pulumi.unsecret(values).apply((known) => Object.keys(Object(known)).map(path));
    }
    const entries = Object.entries<unknown>(Object(await values));
    const secret = await Promise.all(entries.map(([, value]) => isOutput(value) && pulumi.isSecret(value)));
    return pulumi.output(entries.filter((_, index) => secret[index]).map(([key]) => path(key)));
}

function isOutput(value: unknown): value is pulumi.Output<unknown> {
    return pulumi.Output.isInstance(value);
}
