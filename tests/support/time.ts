/**
 * Milliseconds after which something that is waited for counts as never coming. It only ends a hang: how long a machine takes says
 * nothing about the code, so a test looks for an event, a count or an order instead of a time.
 */
export const HANG_MS = 120_000;

/** Milliseconds that this process's processors work for something, whatever else the machine does meanwhile: for ratios within a run. */
export async function processorTime(work: () => unknown): Promise<number> {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
}
