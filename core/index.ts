import { backend } from "../backends";
import type { Creator } from "../backends";
import { blockImageHandlers } from "./blockImage";
import type { Handlers } from "./handlers";
import { networkInterfaceHandlers } from "./networkInterface";
import { unikernelHandlers } from "./unikernel";

export type { Handlers } from "./handlers";

/** What the lifecycles need from the process that they run in. */
export interface World {
    creator: Creator;
    /** A line for the person at the terminal. */
    log(message: string): void;
}

/** The lifecycle of every resource. */
export function resourceHandlers({ creator, log }: World): Record<"unikernel" | "blockImage" | "networkInterface", Handlers> {
    return {
        unikernel: unikernelHandlers({ backend, creator, log }),
        blockImage: blockImageHandlers({ log }),
        networkInterface: networkInterfaceHandlers(),
    };
}
