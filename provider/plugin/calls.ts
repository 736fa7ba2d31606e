import { setTimeout as sleep } from "node:timers/promises";
import { closeHosts } from "../../core";
import { endedBy, UnikernelError } from "../../spec";

/**
 * How long a call that was told to end may take to say what is there by then: state is to know it. Whatever it asks of
 * the world ends before (spec/scope.ts), so that nothing goes on in the background.
 */
const GRACE_MS = 10_000;

/** The handler calls that are under way, each bounded in time, and all of them ended by a cancel. */
export class Calls {
    private readonly running = new Map<AbortController, Promise<unknown>>();
    private cancelled: UnikernelError | undefined;

    constructor(
        private readonly grace = GRACE_MS,
        private readonly release: () => Promise<void> = closeHosts,
    ) {}

    /**
     * @param seconds the resource's `customTimeouts`; 0: none
     * @throws what `act` throws; UnikernelError `timeout` when it was over and `act` did not end by itself
     */
    async run<T>(seconds: number, act: (signal: AbortSignal) => Promise<T>): Promise<T> {
        if (this.cancelled) throw this.cancelled;
        const controller = new AbortController();
        const timer =
            seconds > 0
                ? setTimeout(() => {
                      controller.abort(
                          new UnikernelError("timeout", `not done after ${seconds} s, as customTimeouts say`),
                      );
                  }, seconds * 1000)
                : undefined;
        const work = endedBy(controller.signal, () => act(controller.signal));
        this.running.set(controller, work);
        try {
            return await Promise.race([work, this.overdue(controller.signal)]);
        } catch (error) {
            throw controller.signal.aborted ? becauseOf(error, controller.signal.reason) : error;
        } finally {
            clearTimeout(timer);
            this.running.delete(controller);
        }
    }

    /** Ends what runs and refuses what comes. Returns when all has ended, or nothing more can be waited for. */
    async cancel(): Promise<void> {
        this.cancelled ??= new UnikernelError("timeout", "cancelled");
        const works = [...this.running].map(([controller, work]) => {
            controller.abort(this.cancelled);
            return work.catch(() => undefined);
        });
        await Promise.race([Promise.all(works), sleep(this.grace, undefined, { ref: false })]);
        // What still waits for a host is told that it is gone.
        await this.release();
    }

    /** Rejects when the call did not end within the grace, after it was told to. */
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

/** An aborted wait says only that it was aborted; a partial result keeps its id and properties. */
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
