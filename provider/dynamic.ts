import { handlersOf } from "./registry";
import type { Handlers } from "../core/handlers";
import type { ResourceKind } from "./trampoline";

// The door that state's trampolines open, by this path and these names: keep both.
export const unikernel = bind("unikernel");
export const blockImage = bind("blockImage");
export const networkInterface = bind("networkInterface");

const PROVIDER = "__provider";
type Properties = Record<string, unknown>;

/** Pulumi's calls on the dynamic provider of one kind; what is only the SDK's (`__provider`) stays here. */
function bind(kind: ResourceKind): Handlers {
    const handlers = () => handlersOf(kind);
    return {
        check: (olds, news) => quietly(news, () => handlers().check(strip(olds), strip(news))),
        diff: (id, olds, news) => quietly(news, () => handlers().diff(id, strip(olds), strip(news))),
        create: (inputs) => quietly(inputs, () => handlers().create(strip(inputs))),
        read: (id, props) => quietly(props, () => handlers().read(id, strip(props))),
        update: (id, olds, news) => quietly(news, () => handlers().update(id, strip(olds), strip(news))),
        delete: (id, props) => quietly(props, () => handlers().delete(id, strip(props))),
    };
}

function strip({ [PROVIDER]: _, ...rest }: Properties): Properties {
    return rest;
}

async function quietly<T>(props: Properties, call: () => Promise<T>): Promise<T> {
    try {
        return await call();
    } catch (error) {
        if (error instanceof Error) {
            // The SDK prints stacks of some calls; a person is helped by the message.
            if (!process.env.PULUMI_UNIKERNEL_DEBUG) error.stack = "";
            // The SDK adds __provider to results, but not to the properties of a resource that exists and is
            // not ready; without it the engine could never update or delete that resource.
            if ("properties" in error && isProperties(error.properties)) error.properties[PROVIDER] = props[PROVIDER];
        }
        throw error;
    }
}

function isProperties(value: unknown): value is Properties {
    return typeof value === "object" && value !== null;
}
