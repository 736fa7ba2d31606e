import type { HostPlatform } from "../../../backends";
import { knownHost, type NamedHost, namedHosts, type Problem } from "../../../model";
import type { Place } from "./inRun";
import { lookAt } from "./look";

/**
 * Return the host of the list that a guest is on: the one of its name; else of its connection; else the one that is the
 * same machine. Undefined, and a problem, where the list has none.
 */
export async function keptHost(
    backend: HostPlatform,
    before: Place,
    hosts: NamedHost[],
    problems: Problem[],
): Promise<NamedHost | undefined> {
    const former = namedHosts(before.hosts ?? []).find(({ connection }) => connection === before.connection);
    const named = former && hosts.find(({ name }) => name === former.name);
    const found =
        named ??
        hosts.find(({ connection }) => connection === before.connection) ??
        (await sameMachine(backend, before, hosts));
    const place = former ? `${former.name} (${before.connection})` : before.connection;
    if (!found) {
        problems.push({
            property: "hosts",
            reason: `${before.name} is on ${place}, which is not in the list; ${STAYS}`,
        });
        return undefined;
    }
    if (found.connection === before.connection || knownHost(before.host) === undefined) return found;
    const look = await lookAt(backend, found.connection);
    if (!("facts" in look) || [before.host, undefined].includes(knownHost(look.facts.id))) return found;
    problems.push({
        property: `hosts[${hosts.indexOf(found)}].connection`,
        reason: `${found.connection} leads to another machine (${look.facts.hostname}, host uuid ${look.facts.id}) than ${place}, where ${before.name} is (host uuid ${before.host}); ${STAYS}`,
    });
    return undefined;
}

const STAYS =
    "a guest is not moved to another host: keep its host in the list, or remove the guest first (pulumi destroy --target), and the next pulumi up makes it on another one";

async function sameMachine(backend: HostPlatform, { host }: Place, hosts: NamedHost[]): Promise<NamedHost | undefined> {
    if (knownHost(host) === undefined) return undefined;
    const looks = await Promise.all(hosts.map(({ connection }) => lookAt(backend, connection)));
    return hosts.find((_, index) => {
        const look = looks[index]!;
        return "facts" in look && look.facts.id === host;
    });
}
