import type { GuestEvent } from "../../../backend";
import { happeningOf } from "../../eventWords";
import type { DomainRecord, Host } from "../../host";
import { readMark } from "../../xml";

/**
 * Report what happens to the guests with this package's mark until the signal. libvirt tells what happened to any
 * domain, and its definition tells whether it is ours; one that was removed was ours if its definition said so before.
 * @param onReady called when every later event is reported
 * @throws UnikernelError where the host cannot be reached, or is lost
 */
export async function watchGuests(
    host: Host,
    listener: { ready(): void; event(event: GuestEvent): void },
    signal: AbortSignal,
): Promise<void> {
    /** URNs of our domains by uuid. */
    const ours = new Map<string, string>();
    const look = async (uuid: string): Promise<void> => {
        const record = await host.domains.get(uuid);
        const urn = record && urnIn(record);
        if (urn !== undefined) ours.set(uuid, urn);
    };
    const known = Promise.all((await host.domains.list()).map(({ uuid }) => look(uuid)));
    // One after the other, so that they are reported in their order.
    let queue: Promise<unknown> = known;
    await host.domains.watch(
        {
            ready: () => {
                queue = queue.then(() => listener.ready());
                queue.catch(() => undefined);
            },
            event: (seen) => {
                const happening = happeningOf(seen);
                if (!happening) return;
                const { uuid, name } = seen;
                const at = new Date().toISOString();
                queue = queue
                    .then(async () => {
                        // Each of our changes of its definition writes the mark again.
                        if (happening.event === "defined" || !ours.has(uuid)) await look(uuid);
                        const urn = ours.get(uuid);
                        if (happening.event === "removed") ours.delete(uuid);
                        if (urn !== undefined) listener.event({ at, uuid, name, urn, ...happening });
                    })
                    // That the host is lost is said by the connection that listens.
                    .catch(() => undefined);
            },
        },
        signal,
    );
}

function urnIn({ inactiveXml, liveXml }: DomainRecord): string | undefined {
    try {
        return (readMark(inactiveXml) ?? (liveXml === undefined ? undefined : readMark(liveXml)))?.urn;
    } catch {
        // A mark of a newer release.
        return undefined;
    }
}
