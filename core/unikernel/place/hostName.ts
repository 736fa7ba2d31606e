import { namedHosts } from "../../../model";
import { containsUnknown } from "../../handlers";
import type { StoredInputs } from "../inputs";

/** Return the name of the host that a guest with `hosts` is on; undefined without them, and while it is not known. */
export function hostName({ hosts, connection }: Partial<StoredInputs>): string | undefined {
    if (!Array.isArray(hosts) || containsUnknown(hosts)) return undefined;
    return namedHosts(hosts).find((host) => host.connection === connection)?.name;
}
