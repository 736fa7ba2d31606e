import { closeHosts } from "../../core";
import { findGuest } from "../../core/commands";
import { UnikernelError } from "../../model";
import { type PlaceOptions, placesOf } from "../places";
import { untilSignal } from "../signals";
import type { Streams } from "../terminal";

export interface ConsoleOptions extends PlaceOptions {
    /** uuid, domain name, or, with a stack, the name in the program. */
    name: string;
    /** Take the console from another program that has it open. @default false */
    force?: boolean;
}

/**
 * Attach this terminal to a guest's console until Ctrl-]. virsh does that, and restores the terminal whichever way it ends.
 * @returns the exit code
 */
export async function console({ name, force = false, ...places }: ConsoleOptions, streams: Streams): Promise<number> {
    return untilSignal(async (cancelSignal) => {
        const { connection, uuid } = await findGuest(name, await placesOf(places), ({ message }) =>
            streams.error(`${message}\n`),
        ).finally(() => closeHosts());
        const { execa } = await import("execa");
        const words = ["-c", connection, "console", "--domain", uuid, ...(force ? ["--force"] : [])];
        const { code, exitCode } = await execa("virsh", words, { stdio: "inherit", reject: false, cancelSignal });
        if (code === "ENOENT")
            throw new UnikernelError("program-missing", "a console is attached by virsh, and virsh is not on PATH", {
                hint: "on Debian and Ubuntu: sudo apt-get install libvirt-clients",
            });
        return exitCode ?? 1;
    });
}
