import { setTimeout as sleep } from "node:timers/promises";
import { closeHosts } from "../../../core";
import { type Clock, UnikernelError, withSignal } from "../../../model";

/**
 * Milliseconds that a cancelled call may take to report which objects exist, so that state has them. Its own waits end
 * earlier (model/scope.ts), so nothing continues in the background.
 */
const GRACE_MS = 10_000;

/** The running handler calls. Each is bounded in time, and a cancel ends all of them. */
export class Calls {
    private readonly running = new Map<AbortController, Promise<unknown>>();
    private cancelled: UnikernelError | undefined;

    constructor(
        private readonly grace = GRACE_MS,
        private readonly release: () => Promise<void> = closeHosts,
    ) {}

    /**
     * Run a call.
     * @param seconds the resource's `customTimeouts`; 0: none
     * @throws the errors of `act`; UnikernelError `timeout` when `act` did not end within the grace after its time was
     * over
     */
    async run<T>(seconds: number, act: (signal: AbortSignal) => Promise<T>): Promise<T> {
        if (this.cancelled) throw this.cancelled;
        const controller = new AbortController();
        const timer = new Countdown(seconds > 0 ? seconds * 1000 : undefined, () => {
            controller.abort(new UnikernelError("timeout", `not done after ${seconds} s, as customTimeouts say`));
        });
        const work = withSignal(controller.signal, () => act(controller.signal), timer);
        this.running.set(controller, work);
        try {
            return await Promise.race([work, this.overdue(controller.signal)]);
        } catch (error) {
            throw controller.signal.aborted ? becauseOf(error, controller.signal.reason) : error;
        } finally {
            timer.stop();
            this.running.delete(controller);
        }
    }

    /** Cancel running calls and refuse further ones. Returns when all have ended or the grace is over. */
    async cancel(): Promise<void> {
        this.cancelled ??= new UnikernelError("timeout", "cancelled");
        const works = [...this.running].map(([controller, work]) => {
            controller.abort(this.cancelled);
            return work.catch(() => undefined);
        });
        await Promise.race([Promise.all(works), sleep(this.grace, undefined, { ref: false })]);
        // Closing the hosts fails the calls that still wait for one.
        await this.release();
    }

    /** Reject when the call has not ended within the grace after cancellation. */
    private overdue(signal: AbortSignal): Promise<never> {
        return new Promise((_, reject) => {
            signal.addEventListener(
                "abort",
                () => {
                    setTimeout(() => {
                        reject(signal.reason as Error);
                    }, this.grace).unref();
                },
                { once: true },
            );
        });
    }
}

/** Calls a function when its time is over, which stands still between `stop` and `go`. */
class Countdown implements Clock {
    private timer: NodeJS.Timeout | undefined;
    private since = 0;
    private stops = 0;

    /** @param left milliseconds; undefined: it never ends */
    constructor(
        private left: number | undefined,
        private readonly end: () => void,
    ) {
        this.start();
    }

    stop(): void {
        if (this.stops++ > 0 || this.left === undefined) return;
        clearTimeout(this.timer);
        this.left -= Date.now() - this.since;
    }

    go(): void {
        if (--this.stops === 0) this.start();
    }

    private start(): void {
        if (this.left === undefined) return;
        this.since = Date.now();
        this.timer = setTimeout(this.end, Math.max(0, this.left));
    }
}

/**
 * Return the error with the reason of the cancellation: an aborted wait says only "aborted". A partial result keeps its
 * id and properties.
 */
function becauseOf(error: unknown, reason: UnikernelError): unknown {
    if (error === reason) return error;
    if (error instanceof Error && "reasons" in error && Array.isArray(error.reasons)) {
        const reasons = error.reasons.map(String).filter((text) => !/\babort/i.test(text));
        const whole = reasons.some((text) => text.startsWith(reason.message)) ? reasons : [reason.message, ...reasons];
        return Object.assign(error, { reasons: whole, message: whole.join("\n") });
    }
    if (error instanceof Error && error.message.startsWith(reason.message)) return error;
    const said = error instanceof Error && !/\babort/i.test(error.message) ? `: ${error.message}` : "";
    return new UnikernelError(reason.code, `${reason.message}${said}`, { cause: error });
}
