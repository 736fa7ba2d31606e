import { setTimeout as sleep } from "node:timers/promises";
import {
    abortable,
    currentSignal,
    detached,
    duringCleanup,
    throwIfAborted,
    UnikernelError,
    withSignal,
} from "../../../model";

const reason = new UnikernelError("timeout", "cancelled");
const never = new Promise<never>(() => undefined);
/** Runs work whose signal comes after some milliseconds. */
const after = <T>(milliseconds: number, work: () => Promise<T>): Promise<T> => {
    const controller = new AbortController();
    setTimeout(() => {
        controller.abort(reason);
    }, milliseconds);
    return withSignal(controller.signal, work);
};

test.each<[string, () => Promise<unknown>]>([
    ["what waits", () => abortable(never)],
    [
        "what waits deep inside, and after other work",
        async () => {
            await sleep(1);
            await Promise.all([abortable(never), sleep(1)]);
        },
    ],
    [
        "what would begin only now",
        async () => {
            await sleep(20);
            throwIfAborted();
        },
    ],
    ["what asks for something shared", () => abortable(detached(() => abortable(never)))],
])("a signal ends %s", async (_title, work) => {
    await expect(after(5, work)).rejects.toBe(reason);
});

test("what is under way has some time to come to its own end, and is told", async () => {
    const onEnd = jest.fn();
    await expect(
        after(5, () =>
            abortable(
                sleep(30).then(() => "done"),
                { patience: 5000, onEnd },
            ),
        ),
    ).resolves.toBe("done");
    expect(onEnd).toHaveBeenCalledTimes(1);
    await expect(after(5, () => abortable(never, { what: "start of web", patience: 10 }))).rejects.toMatchObject({
        code: "timeout",
        message: "cancelled: ended the wait for start of web; it may still happen",
        cause: reason,
    });
});

test("what puts right goes on after the signal, for seconds and no longer, also within itself", async () => {
    jest.useFakeTimers();
    try {
        const controller = new AbortController();
        const righting = withSignal(controller.signal, () =>
            duringCleanup(() => duringCleanup(() => abortable(never))),
        ).catch((error: unknown) => error);
        controller.abort(reason);
        let ended = false;
        void righting.then(() => {
            ended = true;
        });
        await jest.advanceTimersByTimeAsync(6900);
        expect(ended).toBe(false);
        await jest.advanceTimersByTimeAsync(200);
        expect(await righting).toBe(reason);
    } finally {
        jest.useRealTimers();
    }
});

test("what is for all is ended by nobody's signal, and without a signal nothing is", async () => {
    await after(1, async () => {
        await sleep(10);
        expect(detached(currentSignal)).toBeUndefined();
        expect(() => detached(throwIfAborted)).not.toThrow();
    });
    await expect(withSignal(undefined, () => abortable(Promise.resolve(1)))).resolves.toBe(1);
});
