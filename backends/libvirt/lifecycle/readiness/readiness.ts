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
import { describeHttp, httpAttempt } from "./http";
import { GuestPattern } from "./pattern";
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
    const minReady = (readiness.minReady ?? 0) * 1000;
    const printed = "console" in readiness ? new PrintedPattern(readiness.console, minReady) : undefined;
    const reader = new ConsoleReader(options.host, options.spec.uuid, options.console);
    const stop = new AbortController();
    const given = currentSignal();
    const signal = given ? AbortSignal.any([stop.signal, given]) : stop.signal;
    let last = "";
    let outcome: { failure?: unknown } | undefined;
    const probing =
        probed &&
        probe(
            probed,
            "http" in readiness ? httpAttempt(readiness.http) : tcpAttempt,
            signal,
            (what) => {
                last = what;
            },
            minReady,
        ).then(
            () => {
                outcome = {};
            },
            (failure: unknown) => {
                outcome = { failure };
            },
        );
    try {
        const end = Date.now() + readiness.timeout * 1000;
        for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 1.2, LAST_PAUSE_MS)) {
            const { ready, text } = outcome ? { ready: false, text: "" } : await checkOnce(options, reader, printed);
            if (outcome?.failure !== undefined) throw outcome.failure;
            if (ready || outcome) return;
            if (Date.now() >= end) {
                throw notReady(readiness, last || (printed?.seen() ?? ""), text, await options.console.path());
            }
            await Promise.race([
                sleep(Math.min(pause, Math.max(1, end - Date.now())), undefined, { signal: given }),
                ...(probing ? [probing] : []),
            ]);
        }
    } finally {
        stop.abort();
    }
}

/** A pattern that a guest has to print, and the milliseconds for which it must run on afterwards. */
class PrintedPattern {
    private readonly pattern: GuestPattern;
    private since?: number;

    constructor(
        pattern: string,
        private readonly minReady: number,
    ) {
        this.pattern = new GuestPattern(pattern);
    }

    /** Return whether a guest that printed this is ready. @param runs it still runs */
    isReady(text: string, runs: boolean): boolean {
        if (this.since === undefined && this.pattern.matches(text)) this.since = Date.now();
        // One that printed it counts as ready even if it ended right after: the order in which both are seen depends on the host's load.
        if (this.since === undefined || this.minReady === 0) return this.since !== undefined;
        return runs && Date.now() - this.since >= this.minReady;
    }

    /** Return what was seen, where the pattern was printed. */
    seen(): string | undefined {
        return this.since === undefined
            ? undefined
            : `it was printed ${((Date.now() - this.since) / 1000).toFixed(1)} s before`;
    }
}

interface ReadinessCheck {
    ready: boolean;
    text: string;
}

/**
 * Read state and console; throw when the guest has ended.
 * @returns whether it is ready by its pattern, and the console
 */
async function checkOnce(
    { host, spec, console: kept, readConsole: verdictOf }: ReadyOptions,
    reader: ConsoleReader,
    printed?: PrintedPattern,
): Promise<ReadinessCheck> {
    const ready = (text: string, runs: boolean): boolean => printed?.isReady(text, runs) ?? false;
    const ends = async (because: string, text: string): Promise<UnikernelError> => {
        const seen = printed?.seen();
        return guestEnded(seen ? `${because}; ${seen}` : because, text, await kept.path());
    };
    const [now, text] = await Promise.all([host.domains.state(spec.uuid), reader.read()]);
    if (ready(text, false)) return { ready: true, text };
    const { ended } = verdictOf(text);
    if (ended) throw await ends(ended.because, text);
    if (now?.active && now.state !== "crashed") {
        const trouble = now.state === "paused" ? PAUSED_BY_TROUBLE[now.reason] : undefined;
        if (trouble) throw await ends(`it was paused by ${trouble}`, text);
        return { ready: ready(text, true), text };
    }
    // Its last output may have come after the read.
    const final = await readToTheEnd(reader, text);
    if (ready(final, false)) return { ready: true, text: final };
    throw await ends(verdictOf(final).ended?.because ?? (crashed(now) ? "it crashed" : "it powered off"), final);
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
    const { minReady } = readiness;
    return describeKind(readiness) + (minReady === undefined ? "" : `, for ${minReady} s without a failure`);
}

function describeKind(readiness: Readiness): string {
    if ("http" in readiness) return describeHttp(readiness.http);
    return "tcp" in readiness ? `a connection to port ${readiness.tcp.port}` : `/${readiness.console}/ on the console`;
}
