import * as pulumi from "@pulumi/pulumi";
import { logicalName } from "../spec";

/** What the SDK keeps of a resource and does not declare. */
interface Aliased {
    __aliases?: pulumi.Input<pulumi.URN>[];
    __name?: string;
}

/**
 * Return the logical names that a resource had before, by its own aliases and by those of its parent (whose name begins its
 * own: `allAliases` of the SDK). The engine finds its state by them; what is called by its name is found likewise.
 *
 * A promise and no Output: an alias's URN depends on the parent, and the SDK expands a dependency on a component to all of its
 * children. A guest in the same stack would wait for itself.
 * @returns undefined where it had its present name alone
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
