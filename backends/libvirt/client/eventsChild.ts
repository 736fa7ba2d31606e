/**
 * Entry point of a process that listens to the domains of one host. libvirt reports events only to a process that runs
 * its event loop, and the loop has to be registered before the first connection is opened. So this is a process of its
 * own, which spends its time in that loop.
 */
import { readError } from "./connection";
import type { Heard } from "./events";
import { type Handle, libvirt, onDomainEvents, wakeEventLoop } from "./ffi";
import type { Failure } from "./protocol";
import { unattended } from "./uri";

/** Milliseconds after which the loop looks whether the parent is there, and whether the connection lives. */
const WAKE_MS = 250;
/** Seconds between two questions whether the daemon is there, and how many may stay unanswered. */
const KEEP_ALIVE = [5, 3] as const;

function tell(heard: Heard): void {
    process.send?.(heard);
}

function fail(failure: Failure): void {
    process.send?.({ failure } satisfies Heard, () => process.exit(1));
}

function failedCall(error: Handle | null, connecting: boolean): Failure {
    return { kind: "libvirt", ...readError(error), connecting, lost: true };
}

function listen(uri: string): void {
    const library = libvirt();
    library.virEventRegisterDefaultImpl();
    const host = library.virConnectOpen(unattended(uri)) as Handle | null;
    if (host === null) {
        fail(failedCall(library.virGetLastError() as Handle | null, true));
        return;
    }
    // A driver inside this process has no daemon that could be gone.
    library.virConnectSetKeepAlive(host, ...KEEP_ALIVE);
    const registered = onDomainEvents(host, (domain, event, detail) => {
        const uuid = Buffer.alloc(37); // VIR_UUID_STRING_BUFLEN
        library.virDomainGetUUIDString(domain, uuid);
        const name = library.virDomainGetName(domain) as string;
        tell({ uuid: uuid.toString("latin1", 0, 36), name, event, detail });
    });
    if (registered < 0) {
        fail(failedCall(library.virGetLastError() as Handle | null, false));
        return;
    }
    wakeEventLoop(WAKE_MS);
    tell({ ready: true });
    const turn = (): void => {
        if ((library.virEventRunDefaultImpl() as number) < 0 || library.virConnectIsAlive(host) !== 1)
            fail(failedCall(library.virConnGetLastError(host) as Handle | null, false));
        else setImmediate(turn);
    };
    turn();
}

// Not process.exit: see child.ts.
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => undefined);

try {
    listen(process.argv[2] ?? "");
} catch (error) {
    fail({ kind: "library", message: (error as Error).message });
}
