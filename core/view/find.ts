import { type Backends, backends, type GuestName } from "../../backends";
import { isUuid, logicalName, UnikernelError } from "../../model";
import { hostAt } from "../functions/connection";
import type { StackGuests } from "./stack";

/** A guest of ours, and where it is. */
export interface Found {
    connection: string;
    uuid: string;
    name: string;
    /** Xen: the ssh way to dom0, as the stack's state has it. */
    sshTarget?: string;
}

/**
 * Find the one guest with this package's mark that a word names: its uuid, its domain's name, or, in a stack, its name
 * in the program.
 * @param onSilent gets the error of each host that could not be asked, where another host has the guest
 * @throws UnikernelError `not-found`, `unreachable`, `not-ours`; `invalid` where the word names several
 */
export async function findGuest(
    word: string,
    { connections, stack }: { connections: string[]; stack?: StackGuests },
    onSilent: (error: Error) => void = () => {},
    services: { backends: Backends } = { backends },
): Promise<Found> {
    const guest = isUuid(word) ? { uuid: word.toLowerCase() } : { name: word };
    const asked: Asked[] = stack
        ? inStack(word, stack, connections)
        : connections.map((connection) => ({ connection, guest }));
    const looks = await Promise.all(
        asked.map(async ({ connection, sshTarget, guest: target }) => {
            try {
                const found = await hostAt(connection, services).backend.describeGuest(connection, target);
                return (
                    found && {
                        connection,
                        sshTarget,
                        uuid: found.uuid,
                        name: found.name,
                        ours: found.urn !== undefined,
                    }
                );
            } catch (error) {
                return error as Error;
            }
        }),
    );
    const silent = looks.filter((look) => look instanceof Error);
    const there = looks.flatMap((look) => (look === undefined || look instanceof Error ? [] : [look]));
    const ours = there.filter((look) => look.ours);
    const [first, second] = ours;
    if (first && second)
        throw new UnikernelError("invalid", `${word} names guests on ${ours.map((one) => one.connection).join(", ")}`, {
            hint: "give its uuid, or one --connection",
        });
    if (!first) {
        if (silent[0]) throw silent[0];
        const on = asked.map(({ connection }) => connection).join(", ");
        if (there.length > 0)
            throw new UnikernelError("not-ours", `domain ${word} on ${on} has no mark of a Unikernel`, {
                hint: "virsh shows the domains of other programs",
            });
        throw new UnikernelError("not-found", `there is no guest ${word} on ${on}`, {
            hint: "npx pulumi-unikernel ls lists guests",
        });
    }
    silent.forEach(onSilent);
    const { ours: _, ...found } = first;
    return found;
}

interface Asked extends Pick<Found, "connection" | "sshTarget"> {
    guest: GuestName;
}

/** Return the guests of a stack that a word names, each with its host; one whose connection is a secret is looked for. */
function inStack(word: string, { guests }: StackGuests, connections: string[]): Asked[] {
    const named = guests.filter(({ uuid, name, urn }) => [uuid, name, logicalName(urn)].includes(word));
    if (named.length === 0)
        throw new UnikernelError("not-found", `the stack has no guest ${word}`, {
            hint: guests.length > 0 ? `it has ${guests.map(({ name }) => name).join(", ")}` : "it has none",
        });
    const found = named.flatMap(({ uuid, connection, sshTarget }) =>
        (connection === undefined ? connections : [connection]).map((uri) => ({
            connection: uri,
            sshTarget,
            guest: { uuid },
        })),
    );
    if (found.length === 0)
        throw new UnikernelError("invalid", `the connection of ${word} is a secret in the stack's state`, {
            hint: "give it with --connection",
        });
    return found;
}
