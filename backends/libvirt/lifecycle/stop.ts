import { setTimeout as sleep } from "node:timers/promises";

import { hasCode } from "../../../spec";
import type { Host } from "../host";

/** How a running guest is ended. */
export interface StopOptions {
    /** It reacts to a request to shut down. */
    asks: boolean;
    /** Seconds between the request and force. */
    timeout: number;
}

/** Ends a guest: asks it where it listens, waits, then forces. Off already is success. */
export async function stop(host: Host, uuid: string, { asks, timeout }: StopOptions): Promise<void> {
    if (asks && timeout > 0 && (await shutsDown(host, uuid, timeout))) return;
    await host.domains.destroy(uuid);
}

async function shutsDown(host: Host, uuid: string, timeout: number): Promise<boolean> {
    const end = Date.now() + timeout * 1000;
    const now = await host.domains.state(uuid);
    if (!now?.active) return true;
    // A paused guest hears nothing.
    if (now.state !== "running" && now.state !== "blocked") return false;
    try {
        await host.domains.shutdown(uuid);
    } catch (error) {
        if (hasCode(error, "unreachable")) throw error;
        // It ended by itself in between, or cannot be asked: then it is forced.
        return !(await host.domains.state(uuid))?.active;
    }
    for (let pause = 50; ; pause = Math.min(pause * 1.5, 250)) {
        await sleep(Math.max(0, Math.min(pause, end - Date.now())));
        if (!(await host.domains.state(uuid))?.active) return true;
        if (Date.now() >= end) return false;
    }
}
