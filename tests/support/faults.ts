/** The call watcher with which `selftest` kills its worker. */
export { type Fault, killer, recorder, recording, type Watcher, watch, watchDom0 } from "../../selftest/watch";

/** End the process of a fault test after its work: with 10 where the fault was never reached, which the test must notice. */
export function endOf(work: Promise<void>): void {
    work.then(
        () => process.exit(10),
        (error: unknown) => {
            process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
            process.exit(11);
        },
    );
}
