import { hasCode, UnikernelError, type GuestState } from "../../../spec";
import type { Host } from "../host";
import type { KeptConsole, LibvirtPlatform } from "../platform";
import { refreshCopies } from "./files";
import type { Tell } from "./telling";
import { messageOf } from "./undo";

export interface StartOptions {
    state: Exclude<GuestState, "stopped">;
    /** Files of the definition: its scratch disks are made anew. */
    files: string[];
    /** It has been started before. */
    again: boolean;
    console: KeptConsole;
    /** Before its first instruction. */
    tell?: Tell;
}

/** Starts a guest that is off, with fresh scratch disks and a fresh console log. */
export async function start(host: Host, uuid: string, { state, files, again, console, tell }: StartOptions): Promise<void> {
    if (again) await console.turn();
    await refreshCopies(host, uuid, files);
    for (let tries = 1; ; tries++) {
        try {
            await host.domains.start(uuid, { paused: state === "paused" || tell !== undefined });
            break;
        } catch (error) {
            if (tries === TRIES || hasCode(error, "unreachable")) throw error;
            const active = (await host.domains.state(uuid))?.active ?? false;
            if (!active && !UNEXPLAINED.test(messageOf(error))) throw error;
            // A run that was killed had asked for a start too, and the daemon came to that only now: of what is not known.
            if (active) await host.domains.destroy(uuid);
        }
    }
    if (!tell) return;
    await tellPaused(host, uuid, tell);
    if (state === "running") await host.domains.resume(uuid);
}

/** A guest without its configuration never runs: when it cannot be told, it goes. */
async function tellPaused(host: Host, uuid: string, tell: Tell): Promise<void> {
    try {
        const id = (await host.domains.state(uuid))?.id;
        if (id === undefined) throw new UnikernelError("guest-ended", "it was gone before it had run");
        await tell(id);
    } catch (error) {
        await host.domains.destroy(uuid);
        const { code = "program-failed", hint, property } = error instanceof UnikernelError ? error : {};
        throw new UnikernelError(code, `the guest could not be told its configuration and was destroyed before it ran: ${messageOf(error)}`, { hint, property, cause: error });
    }
}

const TRIES = 3;

/** qemu_monitor.c: QEMU ended at once, and libvirt asked for its monitor before it could see that: what QEMU said is lost, so it is to say it again. */
const UNEXPLAINED = /failed to connect to monitor socket/;

/** libxl's driver says of any start that failed only that it did; what it knows stands in a log of the host's. */
export async function explain(host: Host, platform: LibvirtPlatform, error: unknown): Promise<never> {
    if (!platform.explain || !(error instanceof UnikernelError) || !UNSAID.test(error.message)) throw error;
    const lines = await platform.explain(host).catch(() => []);
    if (lines.length === 0) throw error;
    throw new UnikernelError(error.code, `${error.message}\n${lines.map((line) => `  ${line}`).join("\n")}`, { cause: error });
}

const UNSAID = /libxenlight failed to (?:create|restore)/;
