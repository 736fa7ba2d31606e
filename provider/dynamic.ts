import type { Handlers } from "../core";
import { printable } from "../model";
import { keptBy, withoutDigests, withoutEchoes } from "./echoes";
import { endWithEngine } from "./lifetime";
import { plain, withoutUnknowns } from "./plain";
import { handlersOf } from "./registry";
import type { ResourceKind } from "./trampoline";

endWithEngine();

// The trampolines in state import this module by this path and these names, so both must stay.
export const unikernel = bind("unikernel");
export const blockImage = bind("blockImage");
export const networkInterface = bind("networkInterface");
export const network = bind("network");
export const fleetRollOut = bind("fleetRollOut");

const PROVIDER = "__provider";
type Properties = Record<string, unknown>;
type Checked = Awaited<ReturnType<Handlers["check"]>>;

/**
 * Return Pulumi's calls on the dynamic provider of one kind. The SDK's own property (`__provider`) does not get past
 * here.
 */
function bind(kind: ResourceKind): Handlers {
    const handlers = () => handlersOf(kind);
    return {
        check: (olds, news) =>
            call(news, async () =>
                withoutSecretNames(await handlers().check(withoutProvider(olds), argumentsOf(kind, olds, news)), news),
            ),
        diff: (id, olds, news) =>
            call(news, async () => {
                const found = await handlers().diff(id, withoutProvider(olds), withoutProvider(news));
                return found.changes === false && isReachedOtherwise(olds, news) ? { ...found, changes: true } : found;
            }),
        create: (inputs) => call(inputs, () => handlers().create(withoutProvider(inputs))),
        read: (id, props) => call(props, () => handlers().read(id, withoutProvider(props))),
        update: (id, olds, news) =>
            call(news, async () => {
                const [before, after] = [withoutProvider(olds), withoutProvider(news)];
                // State alone changes: the SDK adds the new text to these outputs.
                if (isReachedOtherwise(olds, news) && (await handlers().diff(id, before, after)).changes === false)
                    return { outs: before };
                return handlers().update(id, before, after);
            }),
        delete: (id, props) => call(props, () => handlers().delete(id, withoutProvider(props))),
    };
}

/**
 * Return the arguments that the constructor sent. Where `ignoreChanges` names everything, the engine passes back the
 * inputs of state in their place, without those that only a constructor sends.
 */
function argumentsOf(kind: ResourceKind, olds: Properties, news: Properties): Properties {
    const written = withoutEchoes(withoutProvider(news), olds);
    if (kind !== "unikernel" && kind !== "blockImage") return { resourceUrn: olds.urn, ...written };
    const kept = keptBy(news, olds, Array.isArray(news.kept) ? news.kept : []);
    return {
        ...(news.resourceUrn === undefined ? { resourceUrn: olds.urn } : {}),
        // State would not have them if the stack had not allowed them.
        ...(news.resourceUrn === undefined && news.qemuArgs !== undefined ? { allowQemuArgs: true } : {}),
        ...written,
        ...(Array.isArray(written.blocks) ? { blocks: withoutDigests(written.blocks, olds.blocks) } : {}),
        ...(kept.length > 0 ? { kept } : {}),
    };
}

/**
 * Return whether the program reaches this package by another text than the one in state, as when it becomes a dependency
 * of the program itself. A delete evaluates the text in state, so state gets the new one.
 */
function isReachedOtherwise(olds: Properties, news: Properties): boolean {
    return olds[PROVIDER] !== undefined && olds[PROVIDER] !== news[PROVIDER];
}

/**
 * Move the names of secret properties into the text: the engine shows the value of a property that it finds by name,
 * even a secret one.
 */
function withoutSecretNames({ inputs, failures }: Checked, { secrets, hidden }: Properties): Checked {
    const roots = new Set(
        [secrets, hidden]
            .flatMap((paths) => (Array.isArray(paths) ? paths : []))
            .map((path) => String(path).split(/[.[]/)[0]),
    );
    return {
        inputs: failures.length > 0 ? withoutUnknowns(inputs) : inputs,
        failures: failures.map(({ property, reason }) =>
            roots.has(property) ? { property: "", reason: `${property}: ${reason}` } : { property, reason },
        ),
    };
}

function withoutProvider({ [PROVIDER]: _, ...rest }: Properties): Properties {
    return rest;
}

async function call<T>(props: Properties, act: () => Promise<T>): Promise<T> {
    try {
        return plain(await act());
    } catch (error) {
        throw error instanceof Error ? forPulumi(error, props) : error;
    }
}

/**
 * Return an error in the form that the SDK passes on: a message and, for a resource that exists but is not ready, its
 * id, properties and reasons.
 */
function forPulumi(error: Error, props: Properties): Error {
    // The SDK prints the stacks of some calls; users need only the message.
    const shown = Object.assign(
        new Error(printable(error.message)),
        process.env.PULUMI_UNIKERNEL_DEBUG ? { stack: error.stack } : { stack: "" },
    );
    if (!("properties" in error) || !("id" in error) || !("reasons" in error)) return shown;
    // The SDK adds __provider to results, but not to errors; without it the engine could never update or delete the
    // resource.
    const properties = { ...plain(Object(error.properties)), [PROVIDER]: props[PROVIDER] };
    return Object.assign(shown, {
        id: error.id,
        reasons: Array.isArray(error.reasons)
            ? error.reasons.map((reason) => printable(String(reason)))
            : error.reasons,
        properties,
    });
}
