import * as pulumi from "@pulumi/pulumi";
import { logicalName } from "../model";

/** Fields that the SDK sets on a resource and does not declare. */
interface Aliased {
    __aliases?: pulumi.Input<pulumi.URN>[];
    __name?: string;
}

/**
 * Return the former logical names of a resource, by its own aliases and by those of its parent (whose name begins its
 * own: `allAliases` of the SDK). The engine finds its state by them; so does everything that is identified by the name.
 *
 * Returns a promise, not an Output: an alias's URN depends on the parent, and the SDK expands a dependency on a
 * component to all of its children, so that a guest in the same component would wait for itself.
 * @returns undefined when it has no former name
 */
export async function formerNames(
    resource: pulumi.Resource,
    name: string,
    { parent }: pulumi.CustomResourceOptions = {},
): Promise<string[] | undefined> {
    const own = (resource as Aliased).__aliases ?? [];
    const parentName = (parent as Aliased | undefined)?.__name;
    const inherited =
        parent && parentName !== undefined
            ? pulumi.allAliases(own as pulumi.Input<pulumi.URN>[], name, "", parent, parentName)
            : own;
    const urns = await Promise.all(
        inherited.map(
            (urn) =>
                new Promise<string>((resolve) => {
                    pulumi.output(urn).apply(resolve);
                }),
        ),
    );
    const names = urns.map(logicalName).filter((former) => former !== name);
    return names.length > 0 ? names : undefined;
}
