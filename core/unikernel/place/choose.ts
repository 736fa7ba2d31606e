import type { HostCapacity, HostPlatform } from "../../../backends";
import { knownHost, type NamedHost, type Problem, placedBy, rankHosts } from "../../../model";
import { uuidOf } from "../../identity";
import { give, givenOut } from "./given";
import { type Look, lookAt } from "./look";

/** A guest that is to be made. */
export interface NewGuest {
    urn: string;
    /** MiB; 0 while it is not known. */
    memory: number;
    /** The engine was asked to replace it, so it is in state. */
    isReplaced: boolean;
}

interface Candidate {
    host: NamedHost;
    look: Look;
    /** Why it cannot take the guest. */
    reason?: string;
}

/**
 * Return the host on which a guest is to be made: the one that it prefers, of those that can take it. A guest of this URN
 * that is on one of the hosts already, of a create that was cut or of a replacement, stays there.
 * @param log called with what keeps the guest from the host that it prefers
 */
export async function chooseHost(
    backend: HostPlatform,
    guest: NewGuest,
    hosts: NamedHost[],
    problems: Problem[],
    log: (message: string) => void,
): Promise<NamedHost | undefined> {
    const ranked = rankHosts(hosts, placedBy(guest.urn));
    const candidates = await Promise.all(
        ranked.map(async (host): Promise<Candidate> => {
            const look = await lookAt(backend, host.connection);
            return { host, look, reason: "facts" in look ? tooSmall(host, look.facts, guest) : look.reason };
        }),
    );
    const twins = twinProblems(candidates, hosts);
    problems.push(...twins);
    if (twins.length > 0) return undefined;
    const present = hosts.length > 1 ? await hostOfGuest(backend, guest.urn, candidates) : undefined;
    if (present) return present;
    const unseen = candidates.filter(({ look }) => !("facts" in look));
    if (guest.isReplaced && hosts.length > 1 && unseen.length > 0) {
        problems.push({
            property: "hosts",
            reason: `a replacement stays on its host, which may be one that cannot be asked: ${each(unseen)}`,
        });
        return undefined;
    }
    const taken = candidates.find(({ reason }) => reason === undefined);
    if (!taken) {
        problems.push({ property: "hosts", reason: `no host can take it: ${each(candidates)}` });
        return undefined;
    }
    const passed = candidates.slice(0, candidates.indexOf(taken));
    if (passed.length > 0) log(`warning: ${each(passed)}; it is made on ${taken.host.name} instead`);
    if ("facts" in taken.look) give(memoryOf(taken.host, taken.look.facts), guest.urn, guest.memory);
    return taken.host;
}

/** Capacity only excludes: which of two hosts has more does not matter. */
function tooSmall(host: NamedHost, facts: HostCapacity, { urn, memory }: NewGuest): string | undefined {
    const { availableMemory } = facts;
    const given = givenOut(memoryOf(host, facts), urn);
    if (memory <= availableMemory - given) return undefined;
    const promised = given > 0 ? `, of which this run gives ${given} to other new guests` : "";
    return `has ${availableMemory} MiB free${promised}, and the guest needs ${memory}`;
}

/** Return whose memory is given out: that of one machine, or that behind one connection. */
const memoryOf = ({ connection }: NamedHost, { id }: HostCapacity): string => knownHost(id) ?? connection;

const each = (candidates: Candidate[]): string =>
    candidates.map(({ host, reason }) => `${host.name} (${host.connection}) ${reason}`).join("; ");

/** Guests are told apart by their host's uuid, so two hosts of one uuid are refused. */
function twinProblems(candidates: Candidate[], hosts: NamedHost[]): Problem[] {
    const first = new Map<string, { host: NamedHost; hostname: string }>();
    const problems: Problem[] = [];
    const inOrder = [...candidates].sort((one, other) => hosts.indexOf(one.host) - hosts.indexOf(other.host));
    for (const { host, look } of inOrder) {
        if (!("facts" in look)) continue;
        const { id, hostname } = look.facts;
        if (knownHost(id) === undefined) continue;
        const other = first.get(id);
        if (!other) {
            first.set(id, { host, hostname });
            continue;
        }
        const twin = `hosts[${hosts.indexOf(other.host)}]`;
        problems.push({
            property: `hosts[${hosts.indexOf(host)}].connection`,
            reason:
                other.hostname === hostname
                    ? `${host.name} is the same machine as ${twin}, host uuid ${id}; list it once`
                    : `${host.name} has the same host uuid as ${twin}, ${id}, as copies of one machine have, and their guests could not be told apart; give ${hostname} a uuid of its own (host_uuid in /etc/libvirt/libvirtd.conf, or virtqemud.conf; then restart that daemon)`,
        });
    }
    return problems;
}

async function hostOfGuest(
    backend: HostPlatform,
    urn: string,
    candidates: Candidate[],
): Promise<NamedHost | undefined> {
    const asked = candidates.filter(({ look }) => "facts" in look);
    const urns = await Promise.all(
        asked.map(({ host }) => backend.domainUrn(host.connection, uuidOf(urn)).catch(() => undefined)),
    );
    return asked[urns.indexOf(urn)]?.host;
}
