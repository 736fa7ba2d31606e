import * as pulumi from "@pulumi/pulumi";
import { ignoredContents } from "./echoes";
import type { ResourceKind } from "./trampoline";
import { TYPE_TOKENS, trampoline } from "./trampoline";

/**
 * A resource whose lifecycle runs in the dynamic-provider process. Unlike `pulumi.dynamic.Resource`, it does not
 * serialise a closure, which costs 0.5–1.7 KB of state twice, loads the TypeScript compiler into every program, and
 * breaks when a bundler renames captured variables.
 */
export abstract class HandledResource extends pulumi.CustomResource {
    /** @param props the arguments, and `undefined` for each output that the class declares */
    constructor(kind: ResourceKind, name: string, props: pulumi.Inputs, opts: pulumi.CustomResourceOptions = {}) {
        const type = TYPE_TOKENS[kind];
        const kept = kind !== "unikernel" && kind !== "blockImage" ? [] : ignoredContents(opts.ignoreChanges ?? []);
        const formatAgain = formatNoTraces();
        try {
            super(
                type,
                name,
                {
                    ...props,
                    // The SDK never sends inputs called `urn`, hence this name.
                    resourceUrn: withoutDependencies(pulumi.createUrn(name, type, opts.parent)),
                    ...(kept.length > 0 ? { kept } : {}),
                    __provider: trampoline(kind),
                },
                // On a replacement check gets empty olds: creating first would find the old object under its identity,
                // take it over, and then delete it.
                { ...opts, deleteBeforeReplace: true },
            );
        } finally {
            formatAgain();
        }
    }
}

/**
 * Let no stack trace be formatted until the returned function is called. The SDK keeps a trace of each promise that it
 * makes, four for each property (debuggablePromise in its runtime/debuggable.ts), and shows them only with
 * PULUMI_DEBUG_PROMISE_LEAKS. Under source maps, that is three quarters of the time of a constructor.
 *
 * Formatted are traces without a limit, from which the SDK takes the place in the program for the engine. The trace of an
 * error is formatted when it is first read, so an error of now that is shown later has its own.
 */
function formatNoTraces(): () => void {
    const format = Error.prepareStackTrace;
    if (!format || process.env.PULUMI_DEBUG_PROMISE_LEAKS) return () => undefined;
    Error.prepareStackTrace = (error, frames) =>
        Error.stackTraceLimit === Number.POSITIVE_INFINITY ? format(error, frames) : String(error);
    return () => {
        Error.prepareStackTrace = format;
    };
}

/**
 * Return whether a value is a resource of a kind. A program may have two copies of this package, or of the SDK, of which
 * each has classes of its own; so resources are told by the type token that the SDK writes on them.
 */
export function isOfKind(value: unknown, kind: ResourceKind): boolean {
    return pulumi.Resource.isInstance(value) && (value as Typed).__pulumiType === TYPE_TOKENS[kind];
}

/** A field that the SDK sets on a resource and does not declare. */
interface Typed {
    __pulumiType?: string;
}

/**
 * Remove the dependency on the parent from a URN. A parent stands for all of its children, so that a child would wait
 * for itself.
 */
function withoutDependencies(urn: pulumi.Output<string>): Promise<string> {
    return new Promise((resolve) => urn.apply(resolve));
}
