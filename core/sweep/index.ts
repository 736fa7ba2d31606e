import { backend, type Creator, isSweeper, platformAt, type Sweeper } from "../../backends";
import { UnikernelError } from "../../model";
import { ownerOf } from "../identityOwners";
import { classify, type Leftover } from "./classify";
import { type KnownStack, readState } from "./states";

export type { Leftover, Verdict } from "./classify";
export { type KnownStack, readState } from "./states";

/** Leftovers on a host. `foldersSeen` is false when the folders of guests' files could not be listed. */
export interface Found {
    leftovers: Leftover[];
    foldersSeen: boolean;
}

/**
 * Find objects on a host that carry this package's mark and belong to none of the given states. Changes nothing.
 * @throws UnikernelError `unreachable`, `unsupported`
 */
export async function findLeftovers(connection: string, states: KnownStack[], creator: Creator): Promise<Found> {
    const found = await sweeperOf(connection).leftovers(connection, creator);
    return { leftovers: await classify(found, states, ownerOf), foldersSeen: found.folders !== undefined };
}

/** Return the leftovers of killed creates on a host, whoever made them; none when the host cannot be asked. */
export async function countLeftovers(connection: string): Promise<Leftover[]> {
    return findLeftovers(connection, [], { user: "", machine: "", project: "" }).then(
        ({ leftovers }) => leftovers,
        () => [],
    );
}

/**
 * Remove a leftover whose verdict allows it.
 * @returns paths that stay
 */
export async function removeLeftover(
    connection: string,
    { verdict, kind, thing, what }: Leftover,
    options: { deleteData: boolean },
): Promise<string[]> {
    if (verdict !== "left") throw new UnikernelError("not-ours", `${what} must not be removed (${verdict})`);
    const host = sweeperOf(connection);
    if ("uuid" in thing) return host.sweep(connection, thing, options);
    if (kind === "reservation") await host.sweepReservation(connection, thing);
    return [];
}

export function readStates(files: string[]): Promise<KnownStack[]> {
    return Promise.all(files.map(readState));
}

function sweeperOf(connection: string): Sweeper {
    const platform = platformAt(connection);
    const found = platform && backend(platform);
    if (found && isSweeper(found)) return found;
    throw new UnikernelError("unsupported", `${connection} leads to no host of guests`, {
        property: "connection",
        hint: "expected a libvirt URI such as qemu:///system",
    });
}
