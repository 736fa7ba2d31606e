import * as pulumi from "@pulumi/pulumi";
import { TYPE_TOKENS, trampoline } from "./trampoline";
import type { ResourceKind } from "./trampoline";

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
                resourceUrn: pulumi.createUrn(name, type, opts.parent),
                __provider: trampoline(kind),
            },
            // On a replacement check gets empty olds: creating first would find the old object under
            // its own identity, take it over, and then delete it.
            { ...opts, deleteBeforeReplace: true },
        );
    }
}
