import type { HostNetworks, NetworkContext, SeenNetwork } from "../../backends";
import { SCHEMA_VERSION } from "../../model";
import type { Handlers } from "../handlers";
import { containsUnknown } from "../handlers";
import { forgetOwner, noteOwner, ownerInRun } from "../identityOwners";
import { redactErrors, redactor, withoutSecrets } from "../secrets/redaction";
import { refuseNewerState } from "../state";
import { checkNetwork } from "./check";
import { differences } from "./diff";
import { inputsWithin, type NetworkInputs, specOf } from "./inputs";

export interface NetworkServices extends Pick<NetworkContext, "creator" | "log" | "signal"> {
    networks: HostNetworks;
    defaultConnection(): string;
    /** Return whether the engine was asked to replace this resource, which is then in state. */
    isReplaced?(urn: string): boolean;
}

/** Return the lifecycle of a libvirt network over plain properties. */
export function networkHandlers({ networks, defaultConnection, isReplaced, ...context }: NetworkServices): Handlers {
    const redacted = <T>(specs: object[], act: () => Promise<T>): Promise<T> => redactErrors(redactor(specs), act);
    return {
        async check(olds, news) {
            refuseNewerState(olds);
            const redact = redactor([olds, news]);
            return redactErrors(redact, async () =>
                withoutSecrets(await checkNetwork(networks, defaultConnection, olds, news), redact),
            );
        },
        async diff(_id, olds, news) {
            refuseNewerState(olds);
            const found = differences(olds, news);
            const replaces = found
                .filter(({ consequence }) => consequence === "replace")
                .map(({ property }) => property);
            // The engine compares inputs itself, and knows the user's replaceOnChanges; drift alone it cannot see.
            const seen = found.some(({ property }) => property !== "drift" && property in news);
            return {
                changes: containsUnknown(news) || seen ? undefined : found.length > 0,
                replaces: replaces.map((property) => (property === "host" ? "connection" : property)),
                deleteBeforeReplace: true,
            };
        },
        async create(inputs) {
            const news = asInputs(inputs);
            const inState = ownerInRun(news.uuid) === news.urn && isReplaced?.(news.urn) === true;
            const seen = await redacted([news], () => networks.create(specOf(news), { ...context, inState }));
            await noteOwner(news.uuid, news.urn);
            return { id: news.uuid, outs: outputsOf(news, seen) };
        },
        async read(id, props) {
            refuseNewerState(props);
            const known = asInputs(props);
            const seen = await redacted([known], () => networks.observe(specOf(known)));
            if (!seen) return { id: "", props: {} };
            const found = withDrift(known, seen);
            return { id, props: found, inputs: { ...inputsWithin(asInputs(found)) } };
        },
        async update(_id, olds, news) {
            refuseNewerState(olds);
            const [before, after] = [asInputs(olds), asInputs(news)];
            if (before.urn !== after.urn) await noteOwner(after.uuid, after.urn);
            const seen = await redacted([before, after], () => networks.update(specOf(after), specOf(before), context));
            return { outs: outputsOf(after, seen) };
        },
        async delete(_id, props) {
            refuseNewerState(props);
            const known = asInputs(props);
            await redacted([known], () => networks.delete(specOf(known), context));
            await forgetOwner(known.uuid, known.urn);
        },
        async importGuest({ urn, connection = defaultConnection(), uuid, name }) {
            const found = await networks.importNetwork(connection, { uuid, name });
            if (!found) return undefined;
            const { bridgeSeen, ...rest } = found;
            const inputs = { schemaVersion: SCHEMA_VERSION, urn, connection, ...rest, consequence: "" };
            return { id: found.uuid, props: { ...inputs, bridge: bridgeSeen }, inputs };
        },
        differences: (olds, news) => differences(olds, news),
    };
}

/** State has the inputs as check returned them; they have had one form. */
function asInputs(properties: Record<string, unknown>): NetworkInputs {
    return properties as unknown as NetworkInputs;
}

function outputsOf(inputs: NetworkInputs, { host, bridge, incarnation }: SeenNetwork): Record<string, unknown> {
    return { ...inputs, host, bridge, ...(incarnation === undefined ? {} : { incarnation }) };
}

/** Return the properties as the host has them, so that the next diff finds what to correct. */
function withDrift({ drift: _, ...known }: NetworkInputs, seen: SeenNetwork): Record<string, unknown> {
    const now: Record<string, unknown> = { ...known, ...seen.drift };
    const found = Object.fromEntries(Object.entries(now).filter(([, value]) => value !== undefined));
    return {
        ...outputsOf(asInputs(found), seen),
        ...(seen.unfinished ? { drift: ["unfinished"] } : {}),
    };
}
