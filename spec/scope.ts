import { AsyncLocalStorage } from "node:async_hooks";
import { setMaxListeners } from "node:events";
import { UnikernelError } from "./error";

/** Milliseconds that work has, once it was told to end, to put right what it began; the plugin waits for 10 s in all. */
const PUT_RIGHT_MS = 7000;

interface Scope {
    /** Ends what is under way. */
    signal: AbortSignal;
    /** Follows it a while later, and ends what puts right. */
    last: AbortSignal;
}

const scopes = new AsyncLocalStorage<Scope | undefined>();

/**
 * Runs work that a signal ends: whatever waits in it, however deep, gives up when the signal says so, and what
 * would begin something new does not. So no function has to hand the signal on.
 * @param signal undefined: what was there before counts on
 */
export function endedBy<T>(signal: AbortSignal | undefined, work: () => T): T {
    if (!signal || scopes.getStore()?.signal === signal) return work();
    const last = new AbortController();
    // One call may wait for many things at once.
    setMaxListeners(0, signal, last.signal);
    const end = (): void => {
        setTimeout(() => {
            last.abort(signal.reason);
        }, PUT_RIGHT_MS).unref();
    };
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
    return scopes.run({ signal, last: last.signal }, work);
}

/** Runs what must still happen after the signal: rolling back, removing what was begun. It has some seconds for that, and then ends too. */
export function puttingRight<T>(work: () => T): T {
    const scope = scopes.getStore();
    return scope ? scopes.run({ signal: scope.last, last: scope.last }, work) : work();
}

/** Runs what others wait for too: no signal of one of them ends it. Who waits does so by `unlessEnded`. */
export function forAll<T>(work: () => T): T {
    return scopes.run(undefined, work);
}

export function currentSignal(): AbortSignal | undefined {
    return scopes.getStore()?.signal;
}

/** @throws the signal's reason. For loops, and before anything that changes something. */
export function throwIfEnded(): void {
    currentSignal()?.throwIfAborted();
}

export interface Waiting {
    /** For the error: `start of domain 1b4e…`. */
    what?: string;
    /** Milliseconds for what is under way to come to its own end. @default 0 */
    patience?: number;
    /** Called when it is told to end: what can be cut short, cuts it short here. */
    onEnd?(): void;
}

/** Waits for work until the signal comes. What becomes of the work then nobody hears. @throws UnikernelError with the reason */
export function unlessEnded<T>(work: Promise<T>, { what, patience = 0, onEnd }: Waiting = {}): Promise<T> {
    const signal = currentSignal();
    if (!signal) return work;
    return new Promise<T>((resolve, reject) => {
        let timer: NodeJS.Timeout | undefined;
        const end = (): void => {
            onEnd?.();
            timer = setTimeout(() => {
                reject(givenUp(signal.reason, what));
            }, patience);
        };
        const settled = (): void => {
            clearTimeout(timer);
            signal.removeEventListener("abort", end);
        };
        work.then(resolve, reject).finally(settled);
        if (signal.aborted) end();
        else signal.addEventListener("abort", end, { once: true });
    });
}

/** It says nothing about what is there: never `not-found` or `unreachable`. */
function givenUp(reason: unknown, what: string | undefined): unknown {
    if (what === undefined) return reason;
    const said = reason instanceof Error ? reason.message : String(reason);
    return new UnikernelError(
        reason instanceof UnikernelError ? reason.code : "timeout",
        `${said}: nobody waits for ${what} any more; it may still happen`,
        { cause: reason },
    );
}
