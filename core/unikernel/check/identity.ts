import { type Backend, hasHosts } from "../../../backends";
import { abortable, detached } from "../../../model";
import { freeIndex } from "../../freeIndex";
import { isUnknown } from "../../handlers";
import { defaultName, uuidOf } from "../../identity";
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
    const asked = host === undefined ? undefined : connection;
    const index = olds.uuid === undefined ? await freeIndex(urn, (uuid) => markedBy(backend, asked, uuid)) : 0;
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

/**
 * Return the URN in the mark of a guest on the host, which follows a rename at its next update. Create decides whether it
 * may take a guest whose mark names this very URN. An unreachable host does not fail a preview: create asks again.
 */
async function markedBy(backend: Backend, connection: unknown, uuid: string): Promise<string | undefined> {
    if (!hasHosts(backend) || typeof connection !== "string") return undefined;
    return backend.domainUrn(connection, uuid).catch(() => undefined);
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
