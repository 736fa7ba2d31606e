import { forAll, hasCode, unlessEnded } from "../../../spec";
import type { Host } from "../host";
import type { NetworkFacts } from "../model";
import { readNetwork } from "../xml";

/** A network as a preview sees it; "unknown" where the host cannot be asked, undefined where it has no such network. */
export type SeenNetwork = (NetworkFacts & { active: boolean }) | "unknown" | undefined;

type Open = (uri: string) => Promise<Host>;

const asked = new WeakMap<Open, Map<string, Promise<SeenNetwork>>>();

/** Asks a host once in a run: checks of a hundred guests ask for the same network, and one that does not answer would hold up each. */
export function networkOf(connection: string, name: string, open: Open): Promise<SeenNetwork> {
    const answers = asked.get(open) ?? new Map<string, Promise<SeenNetwork>>();
    asked.set(open, answers);
    const key = JSON.stringify([connection, name]);
    const answer = answers.get(key) ?? forAll(() => ask(connection, name, open));
    answers.set(key, answer);
    return unlessEnded(answer);
}

async function ask(connection: string, name: string, open: Open): Promise<SeenNetwork> {
    try {
        const record = await (await open(connection)).networks.get(name);
        return record && { ...readNetwork(record.xml), active: record.active };
    } catch (error) {
        return hasCode(error, "not-found") ? undefined : "unknown";
    }
}
