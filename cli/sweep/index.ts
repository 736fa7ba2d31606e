import { hostname, userInfo } from "node:os";
import { closeHosts, defaultConnection } from "../../core";
import { findLeftovers, readStates, removeLeftover } from "../../core/commands";
import { messageOf, UnikernelError } from "../../model";
import { renderFound, type Swept } from "./render";

export interface SweepOptions {
    /** libvirt URI. @default as for doctor */
    connection?: string;
    /** Files of `pulumi stack export`: FILE, or PROJECT/STACK=FILE for a stack without resources. */
    state?: string[];
    /** Remove the leftovers. @default false: only list them */
    yes?: boolean;
    /** Also remove persist disks. @default false */
    deleteData?: boolean;
    /** Print one JSON document instead of lines. @default false */
    json?: boolean;
    print?(text: string): void;
}

/**
 * List objects on a host that carry this package's mark and belong to no given state. With `yes`, remove the leftovers
 * of the stacks whose state is given.
 *
 * @returns whether everything that should be removed is gone
 */
export async function sweep({
    connection = defaultConnection(),
    state = [],
    yes = false,
    deleteData = false,
    json = false,
    print = console.log,
}: SweepOptions = {}): Promise<boolean> {
    if (yes && state.length === 0) {
        throw new UnikernelError("invalid", "--yes removes only what belongs to stacks whose state is given", {
            hint: "pulumi stack export > state.json; then --state state.json",
        });
    }
    try {
        const states = await readStates(state);
        const { leftovers, foldersSeen } = await findLeftovers(connection, states, {
            user: userInfo().username,
            machine: hostname(),
            project: "",
        });
        const swept: Swept[] = [];
        for (const leftover of leftovers)
            swept.push({
                leftover,
                ...(yes && leftover.verdict === "left" ? await removed(connection, leftover, deleteData) : {}),
            });
        print(
            renderFound({
                connection,
                foldersSeen,
                states: states.map(({ project, stack }) => `${project}/${stack}`),
                swept,
                yes,
                json,
            }),
        );
        return swept.every(({ error }) => error === undefined);
    } finally {
        await closeHosts();
    }
}

async function removed(
    connection: string,
    leftover: Swept["leftover"],
    deleteData: boolean,
): Promise<Omit<Swept, "leftover">> {
    try {
        return { removed: true, stays: await removeLeftover(connection, leftover, { deleteData }) };
    } catch (error) {
        return { removed: false, error: messageOf(error) };
    }
}
