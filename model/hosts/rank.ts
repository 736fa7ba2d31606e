import { createHash } from "node:crypto";
import { logicalName, stackPart } from "../urn";
import type { NamedHost } from "./names";

/** Which guest is placed: the group that it belongs to, and its place there. */
export interface Placed {
    group: string;
    member: string;
}

/**
 * Return group and member of a guest: its fleet and its index, which are both in the logical name of a fleet's member;
 * of another guest nothing and its name. Project and stack belong to the group, since the same names are in all stacks
 * of a program. The type is left out: it differs between dynamic providers and the plugin.
 */
export function placedBy(urn: string): Placed {
    const name = logicalName(urn);
    const [, fleet = "", index = name] = /^(.*)-(\d+)$/s.exec(name) ?? [];
    return { group: JSON.stringify([stackPart(urn), fleet]), member: index };
}

/**
 * Return hosts in the order in which a guest prefers them, by weighted rendezvous hashing: each host has a score of its
 * own for the guest, so that another host or guest changes no score. The share of the guests that prefer a host is its
 * weight's share of all weights (J. Resch, "New Hashing Algorithms for Data Storage", SNIA SDC 2015).
 */
export function rankHosts(hosts: readonly NamedHost[], placed: Placed): NamedHost[] {
    const scored = hosts.map((host) => ({ host, score: scoreOf(host, placed) }));
    return scored
        .sort((one, other) => other.score - one.score || (one.host.name < other.host.name ? -1 : 1))
        .map(({ host }) => host);
}

/** By the name, so that another way to the same host changes nothing. */
function scoreOf({ name, weight }: NamedHost, { group, member }: Placed): number {
    const digest = createHash("sha256")
        .update(JSON.stringify([group, member, name]))
        .digest();
    // 48 bits, and never 0 or 1.
    const between = (digest.readUIntBE(0, 6) + 0.5) / 2 ** 48;
    return -weight / Math.log(between);
}
