import { abortable, detached, hasCode } from "../../../../model";
import type { Host, NetworkRecord } from "../../host";
import type { NetworkFacts } from "../../model";
import { readNetwork } from "../../xml";

/**
 * A network as a preview sees it; "unknown" where the host cannot be reached, undefined where it has no such network.
 */
export type SeenNetwork = (NetworkFacts & { active: boolean }) | "unknown" | undefined;

type Open = (uri: string) => Promise<Host>;

const asked = new WeakMap<Open, Map<string, Promise<SeenNetwork>>>();

/** Networks of hosts that were read in this run. */
const found = new WeakMap<Host, Map<string, NetworkFacts>>();

/**
 * Return a network, read once per run: checks of a hundred guests may need the same network, and a host that does not
 * answer would delay each.
 */
export function networkOf(connection: string, name: string, open: Open): Promise<SeenNetwork> {
    const answers = asked.get(open) ?? new Map<string, Promise<SeenNetwork>>();
    asked.set(open, answers);
    const key = JSON.stringify([connection, name]);
    const answer = answers.get(key) ?? detached(() => ask(connection, name, open));
    answers.set(key, answer);
    return abortable(answer);
}

/**
 * Return the facts of a network, from this run's check if it has them, else from the host; undefined where there is
 * none.
 */
export async function knownNetwork(host: Host, name: string): Promise<NetworkFacts | undefined> {
    const known = found.get(host)?.get(name);
    if (known) return known;
    const record = await host.networks.get(name);
    return record && note(host, record);
}

/** Lifetime of a network's facts in milliseconds: every guest of the network that is checked or read asks for the same. */
const FRESH_MS = 200;
const recent = new WeakMap<Host, Map<string, { taken: number; facts: Promise<NetworkFacts | undefined> }>>();

/** Return the facts of a network, at most 0.2 s old; undefined where there is none. */
export function recentNetwork(host: Host, name: string): Promise<NetworkFacts | undefined> {
    const known = recent.get(host) ?? new Map<string, { taken: number; facts: Promise<NetworkFacts | undefined> }>();
    recent.set(host, known);
    const last = known.get(name);
    if (last && Date.now() - last.taken < FRESH_MS) return last.facts;
    const facts = detached(async () => {
        const record = await host.networks.get(name);
        return record && readNetwork(record.xml);
    });
    known.set(name, { taken: Date.now(), facts });
    facts.catch(() => known.delete(name));
    return abortable(facts);
}

/** Read a network again when it is asked for: this process has changed it. */
export function forgetRecent(host: Host, name: string): void {
    recent.get(host)?.delete(name);
}

async function ask(connection: string, name: string, open: Open): Promise<SeenNetwork> {
    try {
        const host = await open(connection);
        const record = await host.networks.get(name);
        return record && { ...note(host, record), active: record.active };
    } catch (error) {
        return hasCode(error, "not-found") ? undefined : "unknown";
    }
}

function note(host: Host, { name, xml }: NetworkRecord): NetworkFacts {
    const facts = readNetwork(xml);
    found.set(host, (found.get(host) ?? new Map<string, NetworkFacts>()).set(name, facts));
    return facts;
}
