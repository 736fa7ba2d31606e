import { closeHosts } from "../../core";
import { findGuest, readOutput } from "../../core/commands";
import { type PlaceOptions, placesOf } from "../places";
import { untilSignal } from "../signals";
import type { Streams } from "../terminal";

export interface LogsOptions extends PlaceOptions {
    /** uuid, domain name, or, with a stack, the name in the program. */
    name: string;
    /** Go on as the guest prints. @default false */
    follow?: boolean;
    /** Seconds: leave out files to which the guest has not printed since. */
    since?: number;
    /** 0: the present boot; -1: the one before. @default 0 */
    boot?: 0 | -1;
    /** Print one JSON document for each line. @default false */
    json?: boolean;
}

/**
 * Print what a guest has printed.
 * @returns the exit code
 */
export async function logs(
    { name, follow, since, boot = 0, json = false, ...places }: LogsOptions,
    streams: Streams,
): Promise<number> {
    const say = (text: string): void => streams.error(`${text}\n`);
    return untilSignal(async (signal) => {
        try {
            const guest = await findGuest(name, await placesOf(places), ({ message }) => say(message));
            let any = false;
            const sink = {
                text: async (text: string) => {
                    any = true;
                    streams.out(json ? jsonLines(guest.name, text) : text);
                    await streams.drained?.();
                },
                lost: () => say(`${guest.name}: output is missing here: its host keeps the last 8 MiB of a boot`),
            };
            const ended = await readOutput(guest, { follow, since, last: boot === -1, signal }, sink);
            if (ended === "gone") say(`${guest.name} is gone`);
            if (ended === "not stored") say(`${guest.name}: no program on its host stores its output`);
            else if (ended === "read" && !any) say(`${guest.name} has printed nothing`);
            return ended === "not stored" ? 1 : 0;
        } finally {
            await closeHosts();
        }
    });
}

function jsonLines(guest: string, text: string): string {
    const lines = text.replace(/\n$/, "").split("\n");
    return lines.map((line) => `${JSON.stringify({ guest, line })}\n`).join("");
}
