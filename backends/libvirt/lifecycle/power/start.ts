import { allEnded, type GuestState, hasCode, messageOf, UnikernelError } from "../../../../model";
import type { Host } from "../../host";
import type { Mark } from "../../model";
import type { GuestAccess, KeptConsole, LibvirtPlatform } from "../../platform";
import { refreshCopies, shareFiles } from "../files/guestFiles";
import { namesOf } from "../files/records";
import { configWriterOf } from "./runtimeConfig";
import { hasData, respondsToShutdown, stop } from "./stop";

export interface StartOptions {
    state: Exclude<GuestState, "stopped">;
    /** The definition's mark: it names the scratch disks to renew, the configuration to pass, and the gdb port. */
    mark: Pick<Mark, "files" | "told" | "gdb" | "shutdown"> | undefined;
    /** The configuration to pass, if the caller has it; else it is read from the guest's folder. */
    value?: string;
    /** It has been started before. */
    again: boolean;
    /**
     * Resume from the saved memory image, with disks and console unchanged. Left out: boot the definition and discard
     * an image.
     */
    resume?: boolean;
    /** The console log of the former boot was renamed already. */
    rotated?: boolean;
    /** The caller has just seen that there is no saved memory image. */
    unsaved?: boolean;
    /** libvirt starts it after the host. */
    autostart: boolean;
    /** Names of the files that it shares with other guests. @default none is looked at */
    shared?: string[];
    console: KeptConsole;
    /** What completes a create, where its guest is complete when it is resumed. */
    completion?: Completion;
    /** Seconds for the shutdown of a guest that a killed run has begun to start. */
    shutdownTimeout: number;
}

export interface Completion {
    /** The mark of the complete guest, as XML. */
    mark: string;
    /** Compare what a change of the mark is compared with. */
    assertHeld(): Promise<unknown>;
    /** Do what does not depend on the resume, while it is awaited. */
    beside(): Promise<unknown>;
}

/**
 * Start a guest that is off, with renewed scratch disks and a new console log.
 * @returns whether it was completed
 */
export async function start(
    host: Host,
    platform: LibvirtPlatform,
    guest: GuestAccess,
    {
        state,
        mark,
        value,
        again,
        resume = false,
        rotated,
        unsaved,
        autostart,
        shared = [],
        console,
        completion,
        shutdownTimeout,
    }: StartOptions,
): Promise<boolean> {
    const { uuid } = guest;
    // A log outside of the guest's folder may be left from another guest of the same name.
    if (!resume && !rotated && (again || platform.console)) await console.rotate();
    if (!resume) {
        if (again) await shareFiles(host, uuid, shared);
        await refreshCopies(host, uuid, namesOf(mark), { autostart });
    }
    const writeConfig = configWriterOf(host, platform, guest, mark, value);
    const port = mark?.gdb;
    const debug = port === undefined ? undefined : async (id: number) => platform.debug?.(host, guest, id, port);
    const begin = performance.now();
    let id: number;
    try {
        id = await create(
            host,
            uuid,
            {
                paused: state === "paused" || writeConfig !== undefined || debug !== undefined,
                ...(resume ? { resumeSaved: true } : unsaved ? { unsaved } : {}),
            },
            () =>
                stop(host, platform, guest, {
                    asks: respondsToShutdown(mark) && hasData(mark),
                    timeout: shutdownTimeout,
                }),
        );
    } catch (error) {
        throw await withExplanation(host, platform, guest, error, performance.now() - begin);
    }
    const waits = (writeConfig !== undefined || debug !== undefined) && state === "running";
    const { resumeMarked } = host.domains;
    const completes = waits && resumeMarked !== undefined && completion !== undefined;
    const held = completes ? completion.assertHeld() : undefined;
    held?.catch(() => undefined);
    if (writeConfig) await whilePaused(host, uuid, "could not be told its configuration", () => writeConfig(id));
    if (debug) await whilePaused(host, uuid, "could not get its gdb port", () => debug(id));
    await held;
    if (!completes) {
        if (waits) await host.domains.resume(uuid);
        return false;
    }
    // It was told all, so whatever of these a kill leaves out, the next run does: a guest that is paused is resumed.
    const beside = completion.beside();
    const [marked] = await allEnded([resumeMarked(uuid, completion.mark), beside]);
    return marked;
}

/** Start the domain. @param end stops it if it runs already @returns the domain's number */
async function create(
    host: Host,
    uuid: string,
    how: { paused: boolean; resumeSaved?: boolean; unsaved?: boolean },
    end: () => Promise<void>,
): Promise<number> {
    for (let tries = 1; ; tries++) {
        try {
            return await host.domains.start(uuid, how);
        } catch (error) {
            if (tries === TRIES || hasCode(error, "unreachable")) throw error;
            const active = (await host.domains.state(uuid))?.active ?? false;
            if (!active && !UNEXPLAINED.test(messageOf(error))) throw error;
            // The daemon has just carried out the start of a killed run, with an unknown definition: stop that guest.
            if (active) await end();
        }
    }
}

const TRIES = 3;

/**
 * qemu_monitor.c: QEMU ended at once, but libvirt connected to its monitor before it noticed. QEMU's message is lost,
 * so start again to get it.
 */
const UNEXPLAINED = /failed to connect to monitor socket/;

/** Do work on a paused guest, and destroy it on failure: it must not run without its configuration or its debugger. */
async function whilePaused(host: Host, uuid: string, failing: string, work: () => Promise<void>): Promise<void> {
    try {
        await work();
    } catch (error) {
        await host.domains.destroy(uuid);
        const { code = "program-failed", property, hint } = error instanceof UnikernelError ? error : {};
        throw new UnikernelError(code, `the guest ${failing} and was destroyed before it ran: ${messageOf(error)}`, {
            property,
            hint,
            cause: error,
        });
    }
}

/**
 * libxl_domain.c, libxlDomainStartPerform: the only message for every failure; libxl's details are in a log of the
 * host.
 */
const UNSAID = /libxenlight failed to create new domain/;

async function withExplanation(
    host: Host,
    platform: LibvirtPlatform,
    guest: GuestAccess,
    error: unknown,
    took: number,
): Promise<unknown> {
    if (!platform.explain || !(error instanceof UnikernelError) || !UNSAID.test(error.message)) return error;
    const lines = await platform.explain(host, guest, took).catch(() => []);
    if (lines.length === 0) return error;
    return new UnikernelError(error.code, [error.message, ...lines.map((line) => `  ${line}`)].join("\n"), {
        cause: error,
    });
}
