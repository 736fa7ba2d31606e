import * as pulumi from "@pulumi/pulumi";
import type { ResourceKind } from "./trampoline";
import { TYPE_TOKENS, trampoline } from "./trampoline";

/**
 * A resource whose lifecycle runs in the dynamic-provider process.
 * This does what `pulumi.dynamic.Resource` does, without serialising a closure: that costs 0.5–1.7 KB of state
 * twice, loads the TypeScript compiler into every program, and breaks when a bundler renames what was captured.
 */
export abstract class HandledResource extends pulumi.CustomResource {
    /** @param props arguments, and `undefined` for each output that the class declares */
    constructor(kind: ResourceKind, name: string, props: pulumi.Inputs, opts: pulumi.CustomResourceOptions = {}) {
        const type = TYPE_TOKENS[kind];
        super(
            type,
            name,
            {
                ...props,
                // Inputs called `urn` are never sent, hence the other name.
                resourceUrn: withoutDependencies(pulumi.createUrn(name, type, opts.parent)),
                __provider: trampoline(kind),
            },
            // On a replacement check gets empty olds: creating first would find the old object under
            // its own identity, take it over, and then delete it.
            { ...opts, deleteBeforeReplace: true },
        );
    }
}

/**
 * The URN of a child comes from its parent's, and would make the child depend on the parent: which stands for all
 * of its children, so that the child would wait for itself.
 */
function withoutDependencies(urn: pulumi.Output<string>): Promise<string> {
    return new Promise((resolve) => urn.apply(resolve));
}
