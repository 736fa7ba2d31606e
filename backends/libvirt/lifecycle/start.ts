import { hasCode, type GuestState } from "../../../spec";
import type { Host } from "../host";
import { turnLog } from "./console";
import { refreshCopies } from "./files";
import { messageOf } from "./undo";

export interface StartOptions {
    state: Exclude<GuestState, "stopped">;
    /** Files of the definition: its scratch disks are made anew. */
    files: string[];
    /** It has been started before. */
    again: boolean;
}

/** Starts a guest that is off, with fresh scratch disks and a fresh console log. */
export async function start(host: Host, uuid: string, { state, files, again }: StartOptions): Promise<void> {
    if (again) await turnLog(host, uuid);
    await refreshCopies(host, uuid, files);
    for (let tries = 1; ; tries++) {
        try {
            await host.domains.start(uuid, { paused: state === "paused" });
            return;
        } catch (error) {
            if (tries === TRIES || hasCode(error, "unreachable")) throw error;
            const active = (await host.domains.state(uuid))?.active ?? false;
            if (!active && !UNEXPLAINED.test(messageOf(error))) throw error;
            // A run that was killed had asked for a start too, and the daemon came to that only now: of what is not known.
            if (active) await host.domains.destroy(uuid);
        }
    }
}

const TRIES = 3;

/** qemu_monitor.c: QEMU ended at once, and libvirt asked for its monitor before it could see that: what QEMU said is lost, so it is to say it again. */
const UNEXPLAINED = /failed to connect to monitor socket/;
