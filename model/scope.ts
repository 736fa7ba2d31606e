import { AsyncLocalStorage } from "node:async_hooks";
import { setMaxListeners } from "node:events";
import { messageOf, UnikernelError } from "./error";

/** Milliseconds that cleanup gets after cancellation; the plugin waits for 10 s in all. */
const CLEANUP_MS = 7000;

interface Scope {
    /** Aborts the work. */
    signal: AbortSignal;
    /** Aborts cleanup, PUT_RIGHT_MS after `signal`. */
    last: AbortSignal;
    /** The time that the work may take. */
    clock?: Clock;
}

/** Measures the time that work may take. */
export interface Clock {
    stop(): void;
    go(): void;
}

const scopes = new AsyncLocalStorage<Scope | undefined>();

/**
 * Run work that a signal cancels. Everything that waits inside it, at any depth, gives up when the signal fires, and
 * nothing new starts. Functions need not pass the signal on.
 * @param signal undefined: the enclosing scope's signal stays in force
 * @param clock stands still during `untimed` work
 */
export function withSignal<T>(signal: AbortSignal | undefined, work: () => T, clock?: Clock): T {
    if (!signal || scopes.getStore()?.signal === signal) return work();
    const last = new AbortController();
    // One call may wait for many operations at once.
    setMaxListeners(0, signal, last.signal);
    const end = (): void => {
        setTimeout(() => {
            last.abort(signal.reason);
        }, CLEANUP_MS).unref();
    };
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
    return scopes.run({ signal, last: last.signal, clock }, work);
}

/** Do work that does not count against the time of the scope, such as a wait for other resources. */
export async function untimed<T>(work: () => Promise<T>): Promise<T> {
    const clock = scopes.getStore()?.clock;
    clock?.stop();
    try {
        return await work();
    } finally {
        clock?.go();
    }
}

/**
 * Run work that must still happen after cancellation, such as a rollback or the removal of an unfinished object. It is
 * cancelled some seconds later.
 */
export function duringCleanup<T>(work: () => T): T {
    const scope = scopes.getStore();
    return scope ? scopes.run({ signal: scope.last, last: scope.last }, work) : work();
}

/**
 * Run work whose result several callers share: no caller's signal cancels it. Each caller waits for it by
 * `abortable`.
 */
export function detached<T>(work: () => T): T {
    return scopes.run(undefined, work);
}

export function currentSignal(): AbortSignal | undefined {
    return scopes.getStore()?.signal;
}

/** Throw if the current work is cancelled. For loops, and before each change. @throws the signal's reason */
export function throwIfAborted(): void {
    currentSignal()?.throwIfAborted();
}

export interface AbortableOptions {
    /** Name of the work for the error: `start of domain 1b4e…`. */
    what?: string;
    /** Milliseconds that the work still gets after cancellation. @default 0 */
    patience?: number;
    /** Called at cancellation, to cut short whatever can be. */
    onEnd?(): void;
}

/**
 * Wait for work, but only until the signal fires; the work itself continues unobserved.
 * @throws UnikernelError with the reason
 */
export function abortable<T>(work: Promise<T>, { what, patience = 0, onEnd }: AbortableOptions = {}): Promise<T> {
    const signal = currentSignal();
    if (!signal) return work;
    return new Promise<T>((resolve, reject) => {
        let timer: NodeJS.Timeout | undefined;
        const end = (): void => {
            onEnd?.();
            timer = setTimeout(() => {
                reject(abortError(signal.reason, what));
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

/** The error says nothing about which objects exist: its code is never `not-found` or `unreachable`. */
function abortError(reason: unknown, what: string | undefined): unknown {
    if (what === undefined) return reason;
    const said = messageOf(reason);
    return new UnikernelError(
        reason instanceof UnikernelError ? reason.code : "timeout",
        `${said}: ended the wait for ${what}; it may still happen`,
        { cause: reason },
    );
}
