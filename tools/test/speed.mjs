// The present speed of this machine, compared with the two idle cores on which the budgets were set.
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";

/** Seconds that the work below takes there. */
const REFERENCE = 0.9;

const work = `
    let state = 1;
    for (let round = 0; round < 4e8; round++) { state ^= state << 13; state ^= state >>> 17; state ^= state << 5; }
    require("node:worker_threads").parentPort.postMessage(state);
`;

/** 1 on a machine as fast as the reference or faster; 2 where the same work takes twice as long. Takes about a second. */
export async function slowness() {
    const started = performance.now();
    // Two at once: how busy the second core is counts too.
    await Promise.all(
        Array.from(
            { length: Math.min(2, availableParallelism()) },
            () =>
                new Promise((resolve, reject) => {
                    new Worker(work, { eval: true }).once("message", resolve).once("error", reject);
                }),
        ),
    );
    return Math.max(1, (performance.now() - started) / 1000 / REFERENCE);
}
