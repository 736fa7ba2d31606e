import { isUnknown } from "../handlers";
import { defaultName, uuidOf } from "../identity";
import type { StoredInputs } from "./inputs";
import { forAll, unlessEnded } from "../../spec";
import type { Backend } from "../../backends/backend";

/**
 * Who the unikernel is, and where: from `olds` wherever they have it, so that neither an alias nor a newer release
 * changes it. The URN itself is the program's: the mark on the host follows it.
 */
export async function resolveIdentity(backend: Backend, urn: string, values: Record<string, unknown>, olds: Partial<StoredInputs>) {
    const samePlatform = olds.platform === backend.platform;
    const connection = values.connection ?? (samePlatform ? olds.connection : undefined) ?? backend.defaultConnection();
    return {
        urn,
        uuid: olds.uuid ?? uuidOf(urn),
        name: values.name ?? olds.name ?? defaultName(urn),
        connection,
        host: await hostOf(backend, connection, olds),
    };
}

/** Only a connection that is new has to be asked: an unchanged one leads where it led. */
async function hostOf(backend: Backend, connection: unknown, olds: Partial<StoredInputs>): Promise<string | undefined> {
    if (typeof connection !== "string" || isUnknown(connection)) return olds.host;
    if (connection === olds.connection && olds.host !== undefined) return olds.host;
    return await ask(backend, connection) ?? (connection === olds.connection ? olds.host : undefined);
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
