import { type GuestState, hasCode, UnikernelError } from "../../../spec";
import type { Host } from "../host";
import type { Mark } from "../model";
import type { GuestWay, KeptConsole, LibvirtPlatform } from "../platform";
import { refreshCopies } from "./files";
import { namesOf } from "./records";
import { hasData, hears, stop } from "./stop";
import { tellOf } from "./telling";
import { messageOf } from "./undo";

export interface StartOptions {
    state: Exclude<GuestState, "stopped">;
    /** Of the definition: its scratch disks are made anew, and its guest is told what it has to be told. */
    mark: Pick<Mark, "files" | "told" | "gdb" | "shutdown"> | undefined;
    /** What it is told, where that is at hand: else it is read from its folder. */
    value?: string;
    /** It has been started before. */
    again: boolean;
    /** It goes on from its saved memory image: with its disks and its console as they are. Left out: it boots what is defined, and an image goes. */
    resume?: boolean;
    console: KeptConsole;
    /** Seconds that a guest gets to shut down which another run has begun to start. */
    shutdownTimeout: number;
}

/** Starts a guest that is off, with fresh scratch disks and a fresh console log. */
export async function start(
    host: Host,
    platform: LibvirtPlatform,
    guest: GuestWay,
    { state, mark, value, again, resume = false, console, shutdownTimeout }: StartOptions,
): Promise<void> {
    const { uuid } = guest;
    // A log outside of the guest's folder may be there from a guest of the same name.
    if (!resume && (again || platform.console)) await console.turn();
    if (!resume) await refreshCopies(host, uuid, namesOf(mark));
    const tell = tellOf(host, platform, guest, mark, value);
    const port = mark?.gdb;
    const debug = port === undefined ? undefined : async (id: number) => platform.debug?.(host, guest, id, port);
    const begin = performance.now();
    let id: number;
    try {
        id = await create(
            host,
            uuid,
            {
                paused: state === "paused" || tell !== undefined || debug !== undefined,
                ...(resume ? { resumeSaved: true } : {}),
            },
            () => stop(host, platform, guest, { asks: hears(mark) && hasData(mark), timeout: shutdownTimeout }),
        );
    } catch (error) {
        throw await explained(host, platform, guest, error, performance.now() - begin);
    }
    if (tell) await whilePaused(host, uuid, "could not be told its configuration", () => tell(id));
    if (debug) await whilePaused(host, uuid, "could not get its gdb port", () => debug(id));
    if (!tell && !debug) return;
    if (state === "running") await host.domains.resume(uuid);
}

/** @param end ends what runs already @returns the domain's number */
async function create(
    host: Host,
    uuid: string,
    how: { paused: boolean; resumeSaved?: boolean },
    end: () => Promise<void>,
): Promise<number> {
    for (let tries = 1; ; tries++) {
        try {
            return await host.domains.start(uuid, how);
        } catch (error) {
            if (tries === TRIES || hasCode(error, "unreachable")) throw error;
            const active = (await host.domains.state(uuid))?.active ?? false;
            if (!active && !UNEXPLAINED.test(messageOf(error))) throw error;
            // A run that was killed had asked for a start too, and the daemon came to that only now: of what is not known.
            if (active) await end();
        }
    }
}

const TRIES = 3;

/** qemu_monitor.c: QEMU ended at once, and libvirt asked for its monitor before it could see that: what QEMU said is lost, so it is to say it again. */
const UNEXPLAINED = /failed to connect to monitor socket/;

/** A guest without its configuration, or without the debugger that was to see its first instruction, never runs: it goes. */
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

/** libxl_domain.c, libxlDomainStartPerform: whatever went wrong, it says only this; what libxl knows stands in a log of the host's. */
const UNSAID = /libxenlight failed to create new domain/;

async function explained(
    host: Host,
    platform: LibvirtPlatform,
    guest: GuestWay,
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
