import type { Dom0 } from "./dom0";
import { readStartTime } from "./xenstore";

/** Return for how many seconds domains have run, by dom0's clock; a domain without a known start is missing. */
export async function domainUptimes({ run, xenstore }: Dom0, uuids: string[]): Promise<Map<string, number>> {
    const [clock, ...starts] = await Promise.all([
        run("date +%s", []),
        ...uuids.map((uuid) => readStartTime(xenstore, uuid)),
    ]);
    const now = Number(clock);
    return new Map(
        uuids.flatMap((uuid, index): [string, number][] => {
            const start = starts[index];
            return start === undefined ? [] : [[uuid, Math.max(0, now - start)]];
        }),
    );
}
