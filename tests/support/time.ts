/**
 * Milliseconds after which a wait counts as hanging. It only ends a hang: the machine's speed says nothing about the
 * code, so tests wait for an event, a count or an order, not for a time.
 */
export const HANG_MS = 120_000;

/** Milliseconds that a call may take to an emulated host, whose speed says nothing about the code either. */
export const PATIENT = { connect: HANG_MS, call: 3 * HANG_MS, power: 3 * HANG_MS };

/**
 * Return the milliseconds of processor time that this process uses for some work, independent of other load: for ratios
 * within a run.
 */
export async function processorTime(work: () => unknown): Promise<number> {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
}
