import { setTimeout as sleep } from "node:timers/promises";

import { hasCode, UnikernelError } from "../../../../model";
import { renderDomain } from "../../devices";
import type { Host } from "../../host";
import type { Mark } from "../../model";
import type { GuestAccess, LibvirtPlatform } from "../../platform";
import { withoutRestarts } from "../../xml";
import type { Operation } from "../apply/operation";
import { BY_ITSELF, CRASHED, RESTART_MS, restarts } from "../existing";

/** Options for ending a running guest. */
export interface StopOptions {
    /** It reacts to a request to shut down. */
    asks: boolean;
    /** A process serves a debugger's port beside it. */
    debugged?: boolean;
    /**
     * Its definition, if the host restarts the guest after a crash or reboot. `stop` replaces it with the same
     * definition without restarts.
     */
    restarting?: string;
    /** Seconds between the request and force. */
    timeout: number;
}

/**
 * Return how to end a guest whose create or update failed. It is asked to shut down if it, or the former guest that may
 * still run, may have data to write.
 */
export function afterFailure({
    desired: { mark, facts, model },
    existing,
    from,
    plan: { spec },
}: Pick<Operation, "desired" | "existing" | "from" | "plan">): StopOptions {
    const before = existing.record?.active ? [existing.liveMark] : [];
    return {
        asks: [mark, ...before].some((one) => respondsToShutdown(one) && hasData(one)),
        timeout: (from ?? spec).shutdownTimeout,
        debugged: mark.gdb !== undefined,
        restarting: restarts(facts) ? renderDomain(model, mark) : undefined,
    };
}

/** Return whether a guest may react to a request to shut down. Without a mark that is unknown, so it is asked. */
export function respondsToShutdown(mark: Pick<Mark, "shutdown"> | undefined): boolean {
    return mark === undefined || mark.shutdown === true;
}

/** Return whether a forced stop may lose data. Without file records (release 0.1.0) that is unknown: assume so. */
export function hasData(mark: Pick<Mark, "files"> | undefined): boolean {
    return mark?.files === undefined || mark.files.some(({ role }) => role === "persist");
}

/** End a guest: ask it to shut down if it reacts, wait, then force it. Succeeds when it is off already. */
export async function stop(
    host: Host,
    platform: Pick<LibvirtPlatform, "askToShutDown" | "endDebug">,
    guest: GuestAccess,
    { asks, timeout, debugged, restarting }: StopOptions,
): Promise<void> {
    if (debugged) await platform.endDebug?.(host, guest);
    if (asks && timeout > 0 && (await shutsDown(host, platform, guest, timeout))) return;
    if (restarting === undefined) await host.domains.destroy(guest.uuid);
    else await destroyForGood(host, guest.uuid, withoutRestarts(restarting));
}

/**
 * Stop a guest that its host restarts. libvirt's libxl driver restarts it in a thread for which neither a destroy nor
 * an undefine waits, with the definition of that moment (libxl_domain.c, libxlDomainShutdownThread). A guest that is
 * being started during an undefine would run on, unknown to libvirt. So define it without restarts, and destroy it
 * until a destroy finds nothing running and the last end was ours. Define it each time: a definition made during a
 * start is lost when that guest ends.
 */
async function destroyForGood(host: Host, uuid: string, still: string): Promise<void> {
    for (let tries = 0; tries < DESTROYS; tries++) {
        await host.domains.define(still);
        if (!(await host.domains.destroy(uuid)) && (await staysOff(host, uuid))) return;
    }
    throw new UnikernelError("in-use", `the host started the guest again after each of ${DESTROYS} destroys`, {
        hint: "run the command again",
    });
}

const DESTROYS = 12;

/** Return whether the guest stays off: after an end by itself the host may be restarting it. */
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
    guest: GuestAccess,
    timeout: number,
): Promise<boolean> {
    const { uuid } = guest;
    const end = Date.now() + timeout * 1000;
    const now = await host.domains.state(uuid);
    // If it is off, its host may be restarting it; a paused guest cannot react.
    if (!now?.active || (now.state !== "running" && now.state !== "blocked")) return false;
    try {
        const asked = now.id !== undefined && (await platform.askToShutDown?.(host, guest, now.id));
        if (!asked) await host.domains.shutdown(uuid);
    } catch (error) {
        if (hasCode(error, "unreachable")) throw error;
        // It ended by itself meanwhile, or cannot be asked: the caller forces it.
        return false;
    }
    for (let pause = 50; ; pause = Math.min(pause * 1.5, 250)) {
        await sleep(Math.max(0, Math.min(pause, end - Date.now())));
        const after = await host.domains.state(uuid);
        // If it crashed instead, its host may be restarting it.
        if (!after?.active) return after?.reason !== CRASHED;
        if (Date.now() >= end) return false;
    }
}
