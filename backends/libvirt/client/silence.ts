import { abortable, detached } from "../../../model";
import type { Failure } from "./protocol";

/** Milliseconds that a request waits for a host that did not answer the last time. */
const GRACE = 1000;

/**
 * Hosts that let a connection wait and did not answer. One is not waited for again by each request of a run: it is
 * asked again in the background, and requests fail until it answers.
 */
const silent = new Map<string, Silence>();

interface Silence {
    failure: Failure;
    attempt?: { begun: number; answers: Promise<boolean> };
}

/** Note the outcome of a request. @param failure undefined: the host answered */
export function noteSilence(uri: string, failure?: Failure): void {
    if (failure === undefined || (failure.kind === "libvirt" && !failure.slow)) silent.delete(uri);
    else if (isSlow(failure)) {
        const known = silent.get(uri);
        if (known) known.failure = failure;
        else silent.set(uri, { failure });
    }
}

/** A quick refusal costs nothing when it is asked for again, and a daemon that restarts is found at once. */
function isSlow(failure: Failure): boolean {
    return (failure.kind === "timeout" && failure.connecting) || (failure.kind === "libvirt" && failure.slow === true);
}

/**
 * Return undefined for a host that is not known as silent; else ask it again, and return the failure unless it answers
 * soon.
 * @param ask asks the host, and fails where it does not answer
 */
export function silenceOf(uri: string, ask: () => Promise<unknown>): Promise<Failure | undefined> | undefined {
    const known = silent.get(uri);
    return known && askAgain(known, ask);
}

async function askAgain(known: Silence, ask: () => Promise<unknown>): Promise<Failure | undefined> {
    const attempt = (known.attempt ??= { begun: performance.now(), answers: tried(ask, known) });
    const rest = Math.max(0, GRACE - (performance.now() - attempt.begun));
    const answered = await abortable(Promise.race([attempt.answers, later(rest)]));
    return answered ? undefined : known.failure;
}

function tried(ask: () => Promise<unknown>, known: Silence): Promise<boolean> {
    return detached(() =>
        ask()
            .then(
                () => true,
                () => false,
            )
            .finally(() => {
                known.attempt = undefined;
            }),
    );
}

function later(milliseconds: number): Promise<false> {
    return new Promise((resolve) => setTimeout(() => resolve(false), milliseconds));
}
