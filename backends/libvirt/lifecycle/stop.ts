import { setTimeout as sleep } from "node:timers/promises";

import { hasCode } from "../../../spec";
import type { Host } from "../host";
import type { GuestWay, LibvirtPlatform } from "../platform";

/** How a running guest is ended. */
export interface StopOptions {
    /** It reacts to a request to shut down. */
    asks: boolean;
    /** Something serves a debugger's port beside it. */
    debugged?: boolean;
    /** Seconds between the request and force. */
    timeout: number;
}

/** Ends a guest: asks it where it listens, waits, then forces. Off already is success. */
export async function stop(host: Host, platform: Pick<LibvirtPlatform, "askToShutDown" | "endDebug">, guest: GuestWay, { asks, timeout, debugged }: StopOptions): Promise<void> {
    if (debugged) await platform.endDebug?.(host, guest);
    if (asks && timeout > 0 && (await shutsDown(host, platform, guest, timeout))) return;
    await host.domains.destroy(guest.uuid);
}

async function shutsDown(host: Host, platform: Pick<LibvirtPlatform, "askToShutDown">, guest: GuestWay, timeout: number): Promise<boolean> {
    const { uuid } = guest;
    const end = Date.now() + timeout * 1000;
    const now = await host.domains.state(uuid);
    // Off, it may be one that its host is just starting again; a paused guest hears nothing.
    if (!now?.active || (now.state !== "running" && now.state !== "blocked")) return false;
    try {
        const asked = now.id !== undefined && (await platform.askToShutDown?.(host, guest, now.id));
        if (!asked) await host.domains.shutdown(uuid);
    } catch (error) {
        if (hasCode(error, "unreachable")) throw error;
        // It ended by itself in between, or cannot be asked: then it is forced.
        return false;
    }
    for (let pause = 50; ; pause = Math.min(pause * 1.5, 250)) {
        await sleep(Math.max(0, Math.min(pause, end - Date.now())));
        if (!(await host.domains.state(uuid))?.active) return true;
        if (Date.now() >= end) return false;
    }
}
