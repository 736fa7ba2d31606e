import type { Host } from "../../backends/libvirt/host";
import type { FaultHost } from "../faults/memory/faultHost";
import { endProcess, RunProcess } from "../faults/memory/process";
import { type Watcher, watch } from "./faults";

/**
 * Run an operation on a host in memory, in a process of its own that ends right before its nth change. What waits for
 * others there waits in no other one. The test needs a cache folder of its own (ownCache): notes of creates are changed.
 * @param uuids what the operation changes: no claim of them outlives its process
 * @returns whether the operation came to that change; it has ended otherwise
 */
export async function killBefore(
    host: FaultHost,
    change: number,
    uuids: string[],
    operation: (on: Host) => Promise<unknown>,
): Promise<boolean> {
    await endProcess(uuids);
    const view = new RunProcess([host], { kind: "none", at: 0, calls: 0, host: 0 }).view(host);
    let count = 0;
    const reached = await new Promise<boolean>((end, reject) => {
        const stops: Watcher = (_name, call) => {
            if (count++ < change) return call();
            end(true);
            return new Promise(() => undefined);
        };
        operation(watch(view, stops)).then(() => end(false), reject);
    });
    await endProcess(uuids);
    return reached;
}

/**
 * Try an operation at each of its changes until it does not come to one. Fails with every change after which something
 * did not hold.
 * @param survives tries it, killed before that change; returns whether it came to it
 * @returns the number of changes
 */
export async function walkChanges(survives: (change: number) => Promise<boolean>): Promise<number> {
    const failed: string[] = [];
    const goesOn = (change: number): Promise<boolean> =>
        survives(change).catch((error: unknown) => {
            failed.push(`before change ${change}: ${String(error)}`);
            return true;
        });
    let change = 0;
    while (await goesOn(change)) change++;
    expect(failed).toEqual([]);
    return change;
}
