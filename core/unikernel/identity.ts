import { type Backend, hasHosts } from "../../backends";
import { forAll, unlessEnded } from "../../spec";
import { isUnknown } from "../handlers";
import { holderInRun, holderOf } from "../holders";
import { defaultName, uuidOf } from "../identity";
import type { StoredInputs } from "./inputs";

/**
 * Who the unikernel is, and where: from `olds` wherever they have it, so that neither an alias nor a newer release
 * changes it. The URN itself is the program's: the mark on the host follows it.
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

/** Where the host would have the guest's files by the configuration of this run. */
function folderOf(backend: Backend, connection: unknown): { folder?: string } {
    const folder =
        hasHosts(backend) && typeof connection === "string" && !isUnknown(connection)
            ? backend.folder(connection)
            : undefined;
    return folder === undefined ? {} : { folder };
}

/** Renames of one name that a host may hold at once. */
const IDENTITIES = 100;

/**
 * Return the first identity of a URN that no other resource has. After a rename (of the stack, or by an alias) a guest keeps
 * the uuid of its former URN: state of this run names it under the new one, and so does its mark after the next update.
 * A guest whose mark names this very URN is left for the create to judge.
 * A host that cannot be reached is no reason for a preview to fail: the create asks again.
 */
async function freeIndex(backend: Backend, connection: unknown, urn: string): Promise<number> {
    for (let index = 0; index < IDENTITIES; index++) {
        const uuid = uuidOf(urn, index);
        // The replacement of a guest in state is the same guest.
        if (holderInRun(uuid) === urn) return index;
        const holder =
            (await holderOf(uuid)) ??
            (hasHosts(backend) && typeof connection === "string"
                ? await backend.holder(connection, uuid).catch(() => undefined)
                : undefined);
        if (holder === undefined || holder === urn) return index;
    }
    return 0;
}

/** Only a connection that is new has to be asked: an unchanged one leads where it led. */
async function hostOf(backend: Backend, connection: unknown, olds: Partial<StoredInputs>): Promise<string | undefined> {
    if (typeof connection !== "string" || isUnknown(connection)) return olds.host;
    if (connection === olds.connection && olds.host !== undefined) return olds.host;
    return (await ask(backend, connection)) ?? (connection === olds.connection ? olds.host : undefined);
}

const asked = new WeakMap<Backend, Map<string, Promise<string | undefined>>>();

/** Once for all unikernels of a run: a host that does not answer would hold up each of them. */
function ask(backend: Backend, connection: string): Promise<string | undefined> {
    const answers = asked.get(backend) ?? new Map<string, Promise<string | undefined>>();
    asked.set(backend, answers);
    // Unreachable: a preview may still be shown, and the operation itself will say why.
    const answer = answers.get(connection) ?? forAll(() => backend.hostId(connection).catch(() => undefined));
    answers.set(connection, answer);
    return unlessEnded(answer);
}
