import { type Creator, isSweeper, platformAt, type Sweeper } from "../../backends";
import { UnikernelError } from "../../spec";
import { holderOf } from "../holders";
import { judge, type Leftover } from "./judge";
import { type KnownStack, readState } from "./states";

export type { Leftover, Verdict } from "./judge";
export { type KnownStack, readState } from "./states";

/** What was found on a host. `foldersSeen`: false where the way to the guests' files cannot list their folders. */
export interface Found {
    leftovers: Leftover[];
    foldersSeen: boolean;
}

/**
 * Look for what carries our mark on a host and belongs to no state that is given. Changes nothing.
 * @throws UnikernelError `unreachable`, `unsupported`
 */
export async function findLeftovers(connection: string, states: KnownStack[], creator: Creator): Promise<Found> {
    const found = await sweeperOf(connection).leftovers(connection, creator);
    return { leftovers: await judge(found, states, holderOf), foldersSeen: found.folders !== undefined };
}

/** Return what a host has of killed creates, whoever made it; nothing where it cannot be asked. */
export async function countLeftovers(connection: string): Promise<Leftover[]> {
    return findLeftovers(connection, [], { user: "", machine: "", project: "" }).then(
        ({ leftovers }) => leftovers,
        () => [],
    );
}

/**
 * Remove one thing that was found and may be removed.
 * @returns paths that stay
 */
export async function removeLeftover(
    connection: string,
    { verdict, kind, thing, what }: Leftover,
    options: { deleteData: boolean },
): Promise<string[]> {
    if (verdict !== "left") throw new UnikernelError("not-ours", `${what} is not to be removed (${verdict})`);
    const host = sweeperOf(connection);
    if ("uuid" in thing) return host.sweep(connection, thing, options);
    if (kind === "reservation") await host.sweepReservation(connection, thing);
    return [];
}

export function readStates(files: string[]): Promise<KnownStack[]> {
    return Promise.all(files.map(readState));
}

function sweeperOf(connection: string): Sweeper {
    const found = platformAt(connection);
    if (found && isSweeper(found)) return found;
    throw new UnikernelError("unsupported", `${connection} leads to no host of guests`, {
        property: "connection",
        hint: "expected a libvirt URI such as qemu:///system",
    });
}
