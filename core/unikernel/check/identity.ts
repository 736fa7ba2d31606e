import { type Backend, hasHosts } from "../../../backends";
import { abortable, detached } from "../../../model";
import { isUnknown } from "../../handlers";
import { defaultName, uuidOf } from "../../identity";
import { ownerInRun, ownerOf } from "../../identityOwners";
import type { StoredInputs } from "../inputs";

/**
 * Return the identity of a unikernel and its host. Values in `olds` are kept, so that neither an alias nor a newer
 * release changes them. The URN comes from the program; the mark on the host follows it.
 */
export async function resolveIdentity(
    backend: Backend,
    urn: string,
    values: Record<string, unknown>,
    olds: Partial<StoredInputs>,
) {
    const samePlatform = olds.platform === backend.platform;
    const connection = values.connection ?? (samePlatform ? olds.connection : undefined) ?? backend.defaultConnection();
    const host = await hostOf(backend, connection, olds);
    const index =
        olds.uuid === undefined ? await freeIndex(backend, host === undefined ? undefined : connection, urn) : 0;
    return {
        urn,
        uuid: olds.uuid ?? uuidOf(urn, index),
        name: values.name ?? olds.name ?? defaultName(urn, index),
        connection,
        host,
        ...folderOf(backend, connection),
    };
}

/** Return the folder of guests' files on the host, by the configuration of this run. */
function folderOf(backend: Backend, connection: unknown): { folder?: string } {
    const folder =
        hasHosts(backend) && typeof connection === "string" && !isUnknown(connection)
            ? backend.folder(connection)
            : undefined;
    return folder === undefined ? {} : { folder };
}

/** Upper limit of renamed guests that came from one name on a host. */
const IDENTITIES = 100;

/**
 * Return the index of the first identity of a URN that no other resource has. A renamed guest (by stack or alias) keeps
 * the uuid of its former URN; state of this run names it under the new one, and so does its mark after the next update.
 * Create decides whether it may take a guest whose mark names this very URN. An unreachable host does not fail a
 * preview: create asks again.
 */
async function freeIndex(backend: Backend, connection: unknown, urn: string): Promise<number> {
    for (let index = 0; index < IDENTITIES; index++) {
        const uuid = uuidOf(urn, index);
        // The replacement of a guest in state is the same guest.
        if (ownerInRun(uuid) === urn) return index;
        const owner =
            (await ownerOf(uuid)) ??
            (hasHosts(backend) && typeof connection === "string"
                ? await backend.domainUrn(connection, uuid).catch(() => undefined)
                : undefined);
        if (owner === undefined || owner === urn) return index;
    }
    return 0;
}

/** Only a new connection is asked for its host: an unchanged one leads to the same. */
async function hostOf(backend: Backend, connection: unknown, olds: Partial<StoredInputs>): Promise<string | undefined> {
    if (typeof connection !== "string" || isUnknown(connection)) return olds.host;
    if (connection === olds.connection && olds.host !== undefined) return olds.host;
    return (await ask(backend, connection)) ?? (connection === olds.connection ? olds.host : undefined);
}

const asked = new WeakMap<Backend, Map<string, Promise<string | undefined>>>();

/** Ask each connection once for all unikernels of a run: a host that does not answer would delay each of them. */
function ask(backend: Backend, connection: string): Promise<string | undefined> {
    const answers = asked.get(backend) ?? new Map<string, Promise<string | undefined>>();
    asked.set(backend, answers);
    // An unreachable host must not fail the preview; the operation itself reports it.
    const answer = answers.get(connection) ?? detached(() => backend.hostId(connection).catch(() => undefined));
    answers.set(connection, answer);
    return abortable(answer);
}
