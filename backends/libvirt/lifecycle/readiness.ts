import { setTimeout as sleep } from "node:timers/promises";

import { type ConsoleVerdict, currentSignal, type Readiness, UnikernelError, type UnikernelSpec } from "../../../spec";
import type { Host, HostInfo } from "../host";
import type { KeptConsole } from "../platform";
import { ConsoleReader, tail } from "./console";
import { CRASHED } from "./look";
import { ConsolePattern } from "./pattern";
import { httpAttempt, probe, tcpAttempt } from "./probe";
import { type FindRoute, noRoute, portOf, routeTo } from "./routes";

export interface ReadyOptions {
    host: Host;
    info: HostInfo;
    spec: UnikernelSpec;
    console: KeptConsole;
    readConsole(text: string): ConsoleVerdict;
}

const FIRST_PAUSE_MS = 40;
const LAST_PAUSE_MS = 250;
/** Reads of the console of a guest that is off already, and the pause between two. */
const LAST_READS = 8;
const LAST_READ_PAUSE_MS = 60;
/** virDomainPausedReason: an I/O error, a crash (libvirt-domain.h). */
const PAUSED_BY_TROUBLE: Record<number, string> = { 5: "an I/O error of a disk", 10: "a crash" };

/** Throws `invalid` when readiness asks for a port that nothing leads to. */
export function assertRoute({ spec, host, info }: Pick<ReadyOptions, "spec" | "host" | "info">): FindRoute | undefined {
    const port = portOf(spec.readiness);
    if (port === undefined) return undefined;
    const find = routeTo(spec, port, host, info);
    if (!find) throw noRoute(spec, port);
    return find;
}

/**
 * Waits until the guest is ready by its own readiness; without one, returns at once.
 * Throws `guest-ended` as soon as the domain or the console says so, `not-ready` after the time-out.
 */
export async function waitReady(options: ReadyOptions): Promise<void> {
    const {
        spec: { readiness },
    } = options;
    if (!readiness) return;
    const find = assertRoute(options);
    const pattern = "console" in readiness ? new ConsolePattern(readiness.console) : undefined;
    const saysReady = (printed: string): boolean => pattern?.matches(printed) ?? false;
    const reader = new ConsoleReader(options.host, options.spec.uuid, options.console);
    const stop = new AbortController();
    const given = currentSignal();
    const signal = given ? AbortSignal.any([stop.signal, given]) : stop.signal;
    let last = "";
    let answered = find === undefined ? undefined : false;
    const probing =
        find &&
        probe(find, "http" in readiness ? httpAttempt(readiness.http.path) : tcpAttempt, signal, (why) => {
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
            const { ready, text } = await lookOnce(
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

interface Look {
    ready: boolean;
    text: string;
}

/**
 * Reads state and console; throws when the guest has ended. One that printed its readiness pattern was ready, even if it ended
 * a moment later: which of the two a look sees first depends on the load of the host.
 * @returns whether it is ready, and the console
 */
async function lookOnce(
    { host, spec, console: kept, readConsole: judge }: ReadyOptions,
    reader: ConsoleReader,
    ready: (printed: string) => boolean,
): Promise<Look> {
    if (ready("")) return { ready: true, text: "" };
    const [now, text] = await Promise.all([host.domains.state(spec.uuid), reader.read()]);
    if (ready(text)) return { ready: true, text };
    const { ended } = judge(text);
    if (ended) throw guestEnded(ended.because, text, await kept.path());
    if (now?.active && now.state !== "crashed") {
        const trouble = now.state === "paused" ? PAUSED_BY_TROUBLE[now.reason] : undefined;
        if (trouble) throw guestEnded(`it was paused by ${trouble}`, text, await kept.path());
        return { ready: false, text };
    }
    // What it said last may have come after the read.
    const final = await readToTheEnd(reader, text);
    if (ready(final)) return { ready: true, text: final };
    throw guestEnded(
        judge(final).ended?.because ?? (crashed(now) ? "it crashed" : "it powered off"),
        final,
        await kept.path(),
    );
}

/** libvirt calls a guest crashed while what crashed is kept, and else shut off with the reason "crashed" (pvpanic, Xen's shutdown code). */
function crashed(now: Awaited<ReturnType<Host["domains"]["state"]>>): boolean {
    return now?.state === "crashed" || (now?.state === "shutoff" && now.reason === CRASHED);
}

/** Who writes the log (virtlogd, xenconsoled) may come to the guest's last lines after its end: read until two reads agree. */
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
