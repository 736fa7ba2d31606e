import { setTimeout as sleep } from "node:timers/promises";
import { currentSignal, type Readiness, UnikernelError } from "../../../../model";
import { stateOf } from "../existing";
import { ConsoleReader, tail } from "./console";
import { type ReadyOptions, waitReady, wholeConsole } from "./readiness";

/** Milliseconds between two looks at a guest that is to stay ready. */
const PAUSE_MS = 1000;
/** Seconds in which a guest that is ready must answer. */
const ANSWER_S = 10;

/**
 * Watch a guest that has become ready until it has been so for some seconds: it runs, its console shows no end, and it answers
 * where its readiness is a port.
 * @throws UnikernelError `guest-ended` or `not-ready`
 */
export async function stayReady(options: ReadyOptions, seconds: number): Promise<void> {
    const { host, spec, console: kept, readConsole } = options;
    const reader = new ConsoleReader(host, spec.uuid, kept);
    const begin = Date.now();
    const passed = (): string => `${Math.round((Date.now() - begin) / 1000)} s after it was ready`;
    for (;;) {
        const [now, text] = await Promise.all([host.domains.state(spec.uuid), reader.read()]);
        const runs = now !== undefined && stateOf(now) === "running";
        const because = runs ? readConsole(text).ended?.because : "it does not run any more";
        if (because !== undefined)
            throw new UnikernelError("guest-ended", `the guest ended ${passed()}: ${because}`, {
                property: "readiness",
                console: tail(text),
                hint: wholeConsole(await kept.path()),
            });
        if (spec.readiness && !("console" in spec.readiness))
            await waitReady({ ...options, spec: { ...spec, readiness: atOnce(spec.readiness) } });
        const left = begin + seconds * 1000 - Date.now();
        if (left <= 0) return;
        await sleep(Math.min(PAUSE_MS, left), undefined, { signal: currentSignal() });
    }
}

/** Return the same condition for a guest that has met it: it answers soon, and once is enough. */
function atOnce(readiness: Readiness): Readiness {
    const { minReady: _, ...once } = readiness as Readiness & { minReady?: number };
    return { ...once, timeout: ANSWER_S };
}
