import type { Backends, GuestName } from "../../backends";
import type { Problem } from "../../model";
import { isUuid, printable, UnikernelError } from "../../model";
import { hostAt } from "./connection";

interface Services {
    connection?: string;
    backends: Backends;
}
interface Asked {
    id?: string;
    uuid?: string;
    name?: string;
    connection?: string;
}
type Target = ReturnType<typeof hostAt> & { guest: GuestName };
type Answer = Promise<{ results: Record<string, unknown> } | { problems: Problem[] }>;

export async function getUnikernel(values: Asked, services: Services): Answer {
    const target = targetOf(values, services);
    if ("problems" in target) return target;
    const { backend, connection, guest } = target;
    const found = (await backend.describeGuest(connection, guest)) ?? missing(connection, guest);
    const { urn, ...seen } = found;
    return {
        results: {
            ...seen,
            connection,
            platform: backend.platform,
            ours: urn !== undefined,
            ...(urn === undefined ? {} : { urn }),
        },
    };
}

export async function getConsole({ lines, ...values }: Asked & { lines?: number }, services: Services): Answer {
    const target = targetOf(values, services);
    if ("problems" in target) return target;
    const { backend, connection, guest } = target;
    const text = (await backend.consoleTail(connection, guest)) ?? missing(connection, guest);
    // A guest's last output often ends in blank lines.
    return {
        results: {
            text: printable(text)
                .trimEnd()
                .split("\n")
                .slice(-(lines ?? 40))
                .join("\n"),
        },
    };
}

/** Return the guest that the arguments name, and its host. */
function targetOf({ id, uuid, name, connection }: Asked, services: Services): Target | { problems: Problem[] } {
    const given = [id, uuid, name].filter((value) => value !== undefined);
    if (given.length !== 1) {
        return {
            problems: [
                { property: id === undefined ? "uuid" : "id", reason: "expected exactly one of id, uuid and name" },
            ],
        };
    }
    const [, inId, nameInId] = /^([a-z][a-z0-9+.-]*:\/\/[^#]*)#([^#]+)$/i.exec(id ?? "") ?? [];
    const word = nameInId ?? id;
    if (word !== undefined && inId === undefined && !isUuid(word)) {
        return {
            problems: [
                {
                    property: "id",
                    reason: `expected a domain's uuid, or CONNECTION#NAME, such as qemu:///system#web, found ${JSON.stringify(word)}`,
                },
            ],
        };
    }
    if (inId !== undefined && connection !== undefined && connection !== inId) {
        return {
            problems: [{ property: "connection", reason: `the id says ${inId}, found ${JSON.stringify(connection)}` }],
        };
    }
    const guest: GuestName =
        uuid !== undefined ? { uuid: uuid.toLowerCase() } : name !== undefined ? { name } : byWord(word ?? "");
    return { ...hostAt(inId ?? connection, services), guest };
}

function byWord(word: string): GuestName {
    return isUuid(word) ? { uuid: word.toLowerCase() } : { name: word };
}

function missing(connection: string, guest: GuestName): never {
    const whom = "uuid" in guest ? `uuid ${guest.uuid}` : `name "${guest.name}"`;
    throw new UnikernelError("not-found", `there is no domain with ${whom} on ${connection}`, {
        hint: "an id is a domain's uuid, or CONNECTION#NAME, such as qemu:///system#web",
    });
}
