import { setTimeout as sleep } from "node:timers/promises";

import {
    type ConsoleVerdict,
    currentSignal,
    type Readiness,
    UnikernelError,
    type UnikernelSpec,
} from "../../../../model";
import type { Host, HostInfo } from "../../host";
import type { KeptConsole } from "../../platform";
import { CRASHED } from "../existing";
import { ConsoleReader, tail } from "./console";
import { httpAttempt } from "./http";
import { ConsolePattern } from "./pattern";
import { probe } from "./probe";
import { probingOf } from "./probing";
import { tcpAttempt } from "./tcp";

export interface ReadyOptions {
    host: Host;
    info: HostInfo;
    spec: UnikernelSpec;
    console: KeptConsole;
    readConsole(text: string): ConsoleVerdict;
}

const FIRST_PAUSE_MS = 40;
const LAST_PAUSE_MS = 250;
/** Number of reads of the console of a guest that is off, and the pause between two. */
const LAST_READS = 8;
const LAST_READ_PAUSE_MS = 60;
/** virDomainPausedReason of an I/O error and a crash (libvirt-domain.h). */
const PAUSED_BY_TROUBLE: Record<number, string> = { 5: "an I/O error of a disk", 10: "a crash" };

/**
 * Wait until the guest is ready by its declared readiness; without one, return at once.
 * Throws `guest-ended` as soon as the domain or the console shows that, `not-ready` after the time-out.
 */
export async function waitReady(options: ReadyOptions): Promise<void> {
    const {
        spec: { readiness },
    } = options;
    if (!readiness) return;
    const probed = await probingOf(options);
    const pattern = "console" in readiness ? new ConsolePattern(readiness.console) : undefined;
    const saysReady = (printed: string): boolean => pattern?.matches(printed) ?? false;
    const reader = new ConsoleReader(options.host, options.spec.uuid, options.console);
    const stop = new AbortController();
    const given = currentSignal();
    const signal = given ? AbortSignal.any([stop.signal, given]) : stop.signal;
    let last = "";
    let answered = probed === undefined ? undefined : false;
    const probing =
        probed &&
        probe(probed, "http" in readiness ? httpAttempt(readiness.http.path) : tcpAttempt, signal, (why) => {
            last = why;
        }).then(
            () => {
                answered = true;
            },
            () => undefined,
        );
    try {
        const end = Date.now() + readiness.timeout * 1000;
        for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 1.2, LAST_PAUSE_MS)) {
            const { ready, text } = await checkOnce(
                options,
                reader,
                (printed) => answered === true || saysReady(printed),
            );
            if (ready || answered) return;
            if (Date.now() >= end) throw notReady(readiness, last, text, await options.console.path());
            await Promise.race([
                sleep(Math.min(pause, Math.max(1, end - Date.now())), undefined, { signal: given }),
                ...(probing ? [probing] : []),
            ]);
        }
    } finally {
        stop.abort();
    }
}

interface ReadinessCheck {
    ready: boolean;
    text: string;
}

/**
 * Read state and console; throw when the guest has ended. A guest that printed its readiness pattern counts as ready
 * even if it ended right after, because the order in which we see the two depends on the load of the host.
 * @returns whether it is ready, and the console
 */
async function checkOnce(
    { host, spec, console: kept, readConsole: verdictOf }: ReadyOptions,
    reader: ConsoleReader,
    ready: (printed: string) => boolean,
): Promise<ReadinessCheck> {
    if (ready("")) return { ready: true, text: "" };
    const [now, text] = await Promise.all([host.domains.state(spec.uuid), reader.read()]);
    if (ready(text)) return { ready: true, text };
    const { ended } = verdictOf(text);
    if (ended) throw guestEnded(ended.because, text, await kept.path());
    if (now?.active && now.state !== "crashed") {
        const trouble = now.state === "paused" ? PAUSED_BY_TROUBLE[now.reason] : undefined;
        if (trouble) throw guestEnded(`it was paused by ${trouble}`, text, await kept.path());
        return { ready: false, text };
    }
    // Its last output may have come after the read.
    const final = await readToTheEnd(reader, text);
    if (ready(final)) return { ready: true, text: final };
    throw guestEnded(
        verdictOf(final).ended?.because ?? (crashed(now) ? "it crashed" : "it powered off"),
        final,
        await kept.path(),
    );
}

/**
 * Return whether it crashed. libvirt reports "crashed" for a preserved guest, else "shut off" with that reason
 * (pvpanic, Xen's shutdown code).
 */
function crashed(now: Awaited<ReturnType<Host["domains"]["state"]>>): boolean {
    return now?.state === "crashed" || (now?.state === "shutoff" && now.reason === CRASHED);
}

/** Read until two reads agree: virtlogd or xenconsoled may write the guest's last lines after its end. */
async function readToTheEnd(reader: ConsoleReader, before: string): Promise<string> {
    let last = before;
    for (let reads = 0; reads < LAST_READS; reads++) {
        const text = await reader.read();
        if (text === last && reads > 0) break;
        last = text;
        await sleep(LAST_READ_PAUSE_MS);
    }
    return last;
}

function guestEnded(because: string, text: string, log: string): UnikernelError {
    return new UnikernelError("guest-ended", `the guest ended before it was ready: ${because}`, {
        property: "readiness",
        console: tail(text),
        hint: wholeConsole(log),
    });
}

export function wholeConsole(log: string): string | undefined {
    return log ? `its whole console is in ${log}` : undefined;
}

function notReady(readiness: Readiness, last: string, text: string, log: string): UnikernelError {
    return new UnikernelError(
        "not-ready",
        `not ready after ${readiness.timeout} s: waited for ${describe(readiness)}${last ? `, last seen: ${last}` : ""}`,
        { property: "readiness", console: tail(text), hint: wholeConsole(log) },
    );
}

export function describe(readiness: Readiness): string {
    if ("http" in readiness) return `HTTP on port ${readiness.http.port}, path ${readiness.http.path}`;
    return "tcp" in readiness ? `a connection to port ${readiness.tcp.port}` : `/${readiness.console}/ on the console`;
}
