import type { HostNetworks } from "../../backends";
import { hasCode, type Problem } from "../../model";
import { containsUnknown, type PropertyChange } from "../handlers";
import { differences } from "./diff";
import { type NetworkInputs, specOf } from "./inputs";

/**
 * Return what an update will do, in one line, with the guests that lose their link for it; and the problems of guests
 * that it cannot spare.
 */
export async function consequenceOf(
    networks: HostNetworks,
    olds: NetworkInputs,
    news: NetworkInputs,
): Promise<{ consequence: string; problems: Problem[] }> {
    const changes = differences(olds, news);
    const named = (consequence: string): string =>
        changes
            .filter((change) => change.consequence === consequence)
            .map(({ property }) => property)
            .join(", ");
    if (changes.length === 0) return { consequence: olds.consequence, problems: [] };
    if (named("replace") !== "") return { consequence: `replace: ${named("replace")}`, problems: [] };
    if (named("restart") === "") return { consequence: `live: ${named("live")}`, problems: [] };
    const head = `restart of the network: ${named("restart")}`;
    if (containsUnknown(news.connection)) return { consequence: head, problems: [] };
    try {
        return await withGuests(networks, olds, news, changes, head);
    } catch (error) {
        if (hasCode(error, "unreachable", "timeout", "permission"))
            return { consequence: `${head}; its guests are not known: the host cannot be asked`, problems: [] };
        throw error;
    }
}

async function withGuests(
    networks: HostNetworks,
    olds: NetworkInputs,
    news: NetworkInputs,
    changes: PropertyChange[],
    head: string,
): Promise<{ consequence: string; problems: Problem[] }> {
    const { uuid, name, urn, connection } = news;
    const { guests, stuck, outside } = await networks.cutOff(
        { uuid, name, urn, connection, host: olds.host },
        news,
        specOf(olds),
    );
    const moved = changes.some(
        ({ property, consequence }) => (property === "ipv4" || property === "ipv6") && consequence === "restart",
    );
    const property = changes.find(({ consequence }) => consequence === "restart")?.property ?? "";
    const lost = guests.length === 0 ? "no guest runs on it" : `cut off for a moment: ${guests.join(", ")}`;
    return {
        consequence: `${head}; ${lost}${moved && guests.length > 0 ? "; they keep their former addresses until they start again" : ""}`,
        problems: [
            ...(stuck.length > 0
                ? [
                      {
                          property,
                          reason: `the network has to restart, and ${stuck.join(", ")} cannot be plugged in again while running: stop them first`,
                      },
                  ]
                : []),
            ...(moved ? outside : []).map(({ address, mac }) => ({
                property: "ipv4.address",
                reason: `${address}, which a guest's interface (${mac}) has reserved, is not in the new range: change or remove that reservation first`,
            })),
        ],
    };
}
