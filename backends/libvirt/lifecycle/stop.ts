import { setTimeout as sleep } from "node:timers/promises";

import { hasCode, UnikernelError } from "../../../spec";
import { renderDomain } from "../devices";
import type { Host } from "../host";
import type { Mark } from "../model";
import type { GuestWay, LibvirtPlatform } from "../platform";
import { withoutRestarts } from "../xml";
import type { Course } from "./course";
import { BY_ITSELF, CRASHED, RESTART_MS, restarts } from "./look";

/** How a running guest is ended. */
export interface StopOptions {
    /** It reacts to a request to shut down. */
    asks: boolean;
    /** Something serves a debugger's port beside it. */
    debugged?: boolean;
    /** Its definition, where its host starts a guest again that crashed or rebooted: it shall not. Left in its place: the same without that. */
    restarting?: string;
    /** Seconds between the request and force. */
    timeout: number;
}

/**
 * Return how a guest is ended whose create or update failed. It is asked where it may have data to write, and where the guest
 * that runs may be the one from before.
 */
export function afterFailure({
    wanted: { mark, facts, model },
    existing,
    from,
    plan: { spec },
}: Pick<Course, "wanted" | "existing" | "from" | "plan">): StopOptions {
    const before = existing.record?.active ? [existing.liveMark] : [];
    return {
        asks: [mark, ...before].some((one) => hears(one) && hasData(one)),
        timeout: (from ?? spec).shutdownTimeout,
        debugged: mark.gdb !== undefined,
        restarting: restarts(facts) ? renderDomain(model, mark) : undefined,
    };
}

/** Whether a guest may react to a request to shut down. Of one without a mark that is not known, so it is asked. */
export function hears(mark: Pick<Mark, "shutdown"> | undefined): boolean {
    return mark === undefined || mark.shutdown === true;
}

/** Whether a guest may lose data when it is forced. A mark of release 0.1.0 does not tell. */
export function hasData(mark: Pick<Mark, "files"> | undefined): boolean {
    return mark?.files === undefined || mark.files.some(({ role }) => role === "persist");
}

/** Ends a guest: asks it where it listens, waits, then forces. Off already is success. */
export async function stop(
    host: Host,
    platform: Pick<LibvirtPlatform, "askToShutDown" | "endDebug">,
    guest: GuestWay,
    { asks, timeout, debugged, restarting }: StopOptions,
): Promise<void> {
    if (debugged) await platform.endDebug?.(host, guest);
    if (asks && timeout > 0 && (await shutsDown(host, platform, guest, timeout))) return;
    if (restarting === undefined) await host.domains.destroy(guest.uuid);
    else await endForGood(host, guest.uuid, withoutRestarts(restarting));
}

/**
 * libvirt's libxl driver starts a guest again in a thread for which neither a destroy nor an undefine waits, and goes by the
 * definition of that moment (libxl_domain.c, libxlDomainShutdownThread): what it has begun to start when we undefine runs on,
 * and libvirt knows it no more. So the definition says no such thing when a destroy finds nothing to end, and what ended last
 * was ended by us. A definition that comes while a guest is being started is forgotten when that one ends.
 */
async function endForGood(host: Host, uuid: string, still: string): Promise<void> {
    for (let tries = 0; tries < DESTROYS; tries++) {
        await host.domains.define(still);
        if (!(await host.domains.destroy(uuid)) && (await staysOff(host, uuid))) return;
    }
    throw new UnikernelError("in-use", `its host started it again after each of ${DESTROYS} destroys`, {
        hint: "run the command again",
    });
}

const DESTROYS = 12;

/** One that ended by itself may just be started again. */
async function staysOff(host: Host, uuid: string): Promise<boolean> {
    for (const end = Date.now() + RESTART_MS; Date.now() < end; await sleep(50)) {
        const now = await host.domains.state(uuid);
        if (now?.active) return false;
        if (!now || !BY_ITSELF.includes(now.reason)) return true;
    }
    return true;
}

async function shutsDown(
    host: Host,
    platform: Pick<LibvirtPlatform, "askToShutDown">,
    guest: GuestWay,
    timeout: number,
): Promise<boolean> {
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
        const after = await host.domains.state(uuid);
        // One that crashed instead may just be started again.
        if (!after?.active) return after?.reason !== CRASHED;
        if (Date.now() >= end) return false;
    }
}
