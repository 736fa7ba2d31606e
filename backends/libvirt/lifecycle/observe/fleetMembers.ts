import { hasCode } from "../../../../model";
import type { SeenMember } from "../../../hostReports";
import type { Host } from "../../host";
import { readMark } from "../../xml";
import { type Existing, stateOf, waitUntilStable } from "../existing";
import { whyNotServing } from "../readiness/serving";

/**
 * Return the guests of the given URNs that a host has, by the marks of its domains. Each is read by a call of its own, since a
 * stop is decided on the answer. Changes nothing.
 * @param likely uuids that they probably have: the other domains are read only where one is missing
 */
export async function fleetMembers(
    host: Host,
    urns: readonly string[],
    likely: readonly string[],
): Promise<SeenMember[]> {
    const wanted = new Set(urns);
    const listed = (await host.domains.list()).map(({ uuid }) => uuid);
    const read = async (uuids: string[]): Promise<SeenMember[]> =>
        (await Promise.all(uuids.map((uuid) => memberOf(host, uuid, wanted)))).flatMap((found) => found ?? []);
    const first = await read(listed.filter((uuid) => likely.includes(uuid)));
    if (new Set(first.map(({ urn }) => urn)).size === wanted.size) return first;
    return [...first, ...(await read(listed.filter((uuid) => !likely.includes(uuid))))];
}

async function memberOf(host: Host, uuid: string, wanted: ReadonlySet<string>): Promise<SeenMember | undefined> {
    const record = await waitUntilStable(host, uuid);
    if (!record) return undefined;
    try {
        const liveMark = record.liveXml === undefined ? undefined : readMark(record.liveXml);
        const mark = record.persistent ? readMark(record.inactiveXml) : liveMark;
        if (mark === undefined || !wanted.has(mark.urn)) return undefined;
        const trouble = whyNotInService({ record, liveMark });
        return {
            urn: mark.urn,
            name: record.name,
            ...(trouble === undefined ? {} : { trouble }),
            ...(trouble === undefined && liveMark?.probe
                ? { serves: () => whyNotServing(host, record, liveMark) }
                : {}),
            ...(mark.phase === "creating" ? { unmade: true as const } : {}),
        };
    } catch (error) {
        // A mark of a newer release: its guest is no member that this release knows.
        if (hasCode(error, "newer-state")) return undefined;
        throw error;
    }
}

/**
 * Return why a guest is not in service; undefined where it is: it runs, and what runs has become ready. The mark of the
 * running domain decides: a definition for the next boot says nothing about what runs.
 */
export function whyNotInService({ record, liveMark }: Pick<Existing, "record" | "liveMark">): string | undefined {
    if (!record?.active) return "is off";
    const state = stateOf(record);
    if (state !== "running") return `is ${state}`;
    if (liveMark?.phase !== "ready" || liveMark.lastGood !== undefined)
        return "has not become ready since its last change";
    return undefined;
}
