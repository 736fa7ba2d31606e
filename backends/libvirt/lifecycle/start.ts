import { hasCode, type GuestState } from "../../../spec";
import type { Host } from "../host";
import { turnLog } from "./console";
import { refreshCopies } from "./files";

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
    const begin = (): Promise<void> => host.domains.start(uuid, { paused: state === "paused" });
    try {
        await begin();
    } catch (error) {
        if (hasCode(error, "unreachable") || !(await host.domains.state(uuid))?.active) throw error;
        // A run that was killed had asked for a start too, and the daemon came to that only now: of what is not known.
        await host.domains.destroy(uuid);
        await begin();
    }
}
