import { type Backend, hasHosts } from "../../../backends";
import { type HostSpec, type NamedHost, namedHosts, type Problem } from "../../../model";
import { containsUnknown, isUnknown } from "../../handlers";
import type { StoredInputs } from "../inputs";
import type { NewGuest } from "./choose";
import { forgetGiven } from "./given";
import { forgetPlaces as forgetSeen, placeInRun } from "./inRun";

export { notePlace } from "./inRun";
export const hostTexts = () => require("./texts") as typeof import("./texts");

// Loaded when first used: most guests are declared with a connection.
const choosing = () => require("./choose") as typeof import("./choose");
const keeping = () => require("./keep") as typeof import("./keep");

/** Start another run of the engine, for tests. */
export function forgetPlaces(): void {
    forgetSeen();
    forgetGiven();
}

interface Placing {
    backend: Backend;
    olds: Partial<StoredInputs>;
    guest: NewGuest;
    log(message: string): void;
}

/**
 * Return the host of a guest that is declared with `hosts`: chosen where the guest is new, and kept from then on.
 * Undefined while it is not known, and where there is a problem.
 */
export async function placeGuest(
    { backend, olds, guest, log }: Placing,
    hosts: unknown,
    problems: Problem[],
): Promise<NamedHost | undefined> {
    if (!Array.isArray(hosts) || containsUnknown(hosts) || !hasHosts(backend)) return undefined;
    const list = namedHosts(hosts as HostSpec[]);
    const before = olds.uuid === undefined ? placeInRun(guest.urn) : olds;
    const { platform, connection, name } = before ?? {};
    // On another platform it is another guest.
    if (platform !== backend.platform || connection === undefined || isUnknown(connection) || name === undefined)
        return choosing().chooseHost(backend, guest, list, problems, log);
    return keeping().keptHost(backend, { ...before, platform, connection, name }, list, problems);
}

/** Return the name of the host that a guest with `hosts` is on; undefined without them, and while it is not known. */
export function hostName({ hosts, connection }: Partial<StoredInputs>): string | undefined {
    if (!Array.isArray(hosts) || containsUnknown(hosts)) return undefined;
    return namedHosts(hosts).find((host) => host.connection === connection)?.name;
}
