import * as pulumi from "@pulumi/pulumi";

/** What the SDK keeps of a resource and does not declare. */
interface Aliased { __aliases?: pulumi.Input<pulumi.URN>[]; __name?: string }

/**
 * The logical names that a resource had before, by its own aliases and by those of its parent (whose name begins its
 * own: `allAliases` of the SDK). The engine finds its state by them; what is called by its name is found likewise.
 */
export function formerNames(resource: pulumi.Resource, name: string, { parent }: pulumi.CustomResourceOptions = {}): { formerly?: pulumi.Output<string>[] } {
    const own = (resource as Aliased).__aliases ?? [];
    const parentName = (parent as Aliased | undefined)?.__name;
    const inherited = parent && parentName !== undefined ? pulumi.allAliases(own as pulumi.Input<pulumi.URN>[], name, "", parent, parentName) : own;
    const names = inherited.map((urn) => pulumi.output(urn).apply((text) => text.split("::").slice(3).join("::")));
    return names.length > 0 ? { formerly: names } : {};
}
