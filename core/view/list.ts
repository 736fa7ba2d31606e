import { type Backends, backends, type GuestEvent, type ListedGuest } from "../../backends";
import { logicalName, messageOf, type SeenState, stackOf } from "../../model";
import { hostAt } from "../functions/connection";
import type { StackGuests, StateGuest } from "./stack";

/** A host that was asked. */
export interface AskedHost {
    connection: string;
    /** Undefined for a host that could not be asked. */
    hostname?: string;
    /** Why it could not be asked. */
    error?: string;
}

/** One guest of a stack or of a host. */
export interface ShownGuest {
    uuid: string;
    name: string;
    project?: string;
    stack?: string;
    /** Its name in the program. */
    resource?: string;
    /** Undefined where state has it as a secret. */
    connection?: string;
    /** `missing`: its host has no such domain. `unknown`: its host could not be asked. */
    state: SeenState | "missing" | "unknown";
    /** What happened last, where its host says it. */
    lastEvent?: Pick<GuestEvent, "event" | "reason">;
    /** Seconds. */
    uptime?: number;
    ipAddresses: string[];
    /** MiB. */
    memory?: number;
    lastChange: {
        /** ISO 8601. */
        at?: string;
        /** The consequence that its preview named, as the stack's state has it. */
        consequence?: string;
        /** An operation that has not ended, or that was interrupted. */
        unfinished?: "creating" | "updating";
    };
    problem?: string;
}

export interface Shown {
    hosts: AskedHost[];
    guests: ShownGuest[];
}

type Answer = AskedHost & { found: ListedGuest[] };

/**
 * Return the guests of a stack on all its hosts, or all with this package's mark on the given hosts. A host that cannot
 * be asked hides no other; what the state says of its guests is returned.
 */
export async function showGuests(
    connections: string[],
    stack?: StackGuests,
    services: { backends: Backends } = { backends },
): Promise<Shown> {
    const uris = new Set([...connections, ...(stack?.guests ?? []).flatMap(({ connection }) => connection ?? [])]);
    const answers = await Promise.all([...uris].map((uri) => ask(uri, sshTargetOf(uri, stack), services)));
    const known = new Map((stack?.guests ?? []).map((guest) => [guest.uuid, guest]));
    const seen = answers.flatMap(({ connection, found }) =>
        found
            .filter((guest) => !stack || belongs(guest, connection, stack, known))
            .map((guest) => shown(connection, guest, known.get(guest.uuid))),
    );
    const listed = new Set(seen.map(({ uuid }) => uuid));
    const unseen = [...known.values()].filter(({ uuid }) => !listed.has(uuid));
    return {
        hosts: answers.map(({ found: _, ...host }) => host),
        guests: [...seen, ...unseen.map((guest) => fromState(guest, answers))],
    };
}

/** Return the ssh way to a host that a guest of the stack declares: it leads there for all guests of that host. */
function sshTargetOf(connection: string, stack?: StackGuests): string | undefined {
    return stack?.guests.find((guest) => guest.connection === connection && guest.sshTarget !== undefined)?.sshTarget;
}

async function ask(
    connection: string,
    sshTarget: string | undefined,
    services: { backends: Backends },
): Promise<Answer> {
    try {
        const { hostname, guests } = await hostAt(connection, services).backend.listGuests(connection, sshTarget);
        return { connection, hostname, found: guests };
    } catch (error) {
        return { connection, error: messageOf(error), found: [] };
    }
}

/** Two connections may lead to one host: a guest in state is shown at its own. */
function belongs(
    { uuid, mark }: ListedGuest,
    connection: string,
    { owner }: StackGuests,
    known: Map<string, StateGuest>,
): boolean {
    const inState = known.get(uuid);
    if (inState) return inState.connection === undefined || inState.connection === connection;
    const of = mark && stackOf(mark.urn);
    return of !== undefined && of.stack === owner?.stack && of.project === owner.project;
}

function shown(connection: string, { mark, ipAddresses, ...guest }: ListedGuest, state?: StateGuest): ShownGuest {
    const unfinished = mark?.phase === "ready" ? undefined : mark?.phase;
    return {
        ...guest,
        ...named(mark?.urn ?? state?.urn),
        connection,
        // A static address stands in the declaration alone.
        ipAddresses: ipAddresses.map((address, index) => address || (state?.ipAddresses[index] ?? "")),
        lastChange: unfinished
            ? { at: mark?.since, unfinished }
            : { at: state?.modified ?? mark?.since, consequence: state?.consequence },
    };
}

function fromState(guest: StateGuest, answers: Answer[]): ShownGuest {
    const { urn, uuid, name, connection, ipAddresses, memory, modified, consequence } = guest;
    const host = answers.find((one) => one.connection === connection);
    return {
        uuid,
        name,
        ...named(urn),
        connection,
        state: host && host.error === undefined ? "missing" : "unknown",
        ipAddresses,
        memory,
        lastChange: { at: modified, consequence },
        ...(connection === undefined ? { problem: "its connection is a secret: give it with --connection" } : {}),
    };
}

function named(urn: string | undefined): Pick<ShownGuest, "project" | "stack" | "resource"> {
    return urn === undefined ? {} : { ...stackOf(urn), resource: logicalName(urn) };
}
