import { type Backend, hasHosts } from "../../../backends";
import { type HostSpec, type NamedHost, namedHosts, type Problem, SECRET_HOSTS } from "../../../model";
import { containsUnknown, isUnknown, UNKNOWN } from "../../handlers";
import type { StoredInputs } from "../inputs";
import type { UnikernelServices } from "../services";
import { chooseHost } from "./choose";
import { hostName } from "./hostName";
import { placeInRun } from "./inRun";
import { keptHost } from "./keep";
import { parseHostTexts } from "./texts";

export { beforeHost } from "./texts";

type Values = Record<string, unknown>;

interface Declared {
    services: UnikernelServices;
    backend: Backend;
    olds: Partial<StoredInputs>;
    /** As written. */
    args: Values;
    /** MiB, where it is known. */
    memory: unknown;
}

/** Give the values of a guest with `hosts` the connection to its host, and the texts in which the host's name may be. */
export async function resolveHosts(declared: Declared, values: Values, problems: Problem[]): Promise<void> {
    const { olds, args } = declared;
    const host = await hostOf(declared, values, problems);
    values.connection = host?.connection ?? olds.connection ?? UNKNOWN;
    const texts = parseHostTexts(args, olds, host?.name ?? hostName(olds));
    Object.assign(values, texts.values);
    problems.push(...texts.problems);
}

/** Return the host of a guest with `hosts`; undefined while it is not known. */
async function hostOf(
    { services, backend, olds, memory }: Declared,
    values: Values,
    problems: Problem[],
): Promise<NamedHost | undefined> {
    // The engine passes the chosen one back where `ignoreChanges` names it.
    if (values.connection !== undefined && (olds.hosts === undefined || values.connection !== olds.connection))
        problems.push({ property: "connection", reason: "found it beside `hosts`; expected one of the two" });
    if (Array.isArray(values.hidden) && values.hidden.some((path) => /^hosts\b/.test(String(path))))
        problems.push(SECRET_HOSTS);
    if (problems.some(({ property }) => /^(hosts|connection)\b/.test(property))) return undefined;
    return placeOf({ services, backend, olds, memory }, String(values.resourceUrn), values.hosts, problems);
}

/** Return the host that is chosen where the guest is new, and kept from then on. */
async function placeOf(
    { services, backend, olds, memory }: Omit<Declared, "args">,
    urn: string,
    hosts: unknown,
    problems: Problem[],
): Promise<NamedHost | undefined> {
    if (!Array.isArray(hosts) || containsUnknown(hosts) || !hasHosts(backend)) return undefined;
    const list = namedHosts(hosts as HostSpec[]);
    const before = olds.uuid === undefined ? placeInRun(urn) : olds;
    const { platform, connection, name } = before ?? {};
    // On another platform it is another guest.
    if (platform === backend.platform && connection !== undefined && !isUnknown(connection) && name !== undefined)
        return keptHost(backend, { ...before, platform, connection, name }, list, problems);
    const guest = {
        urn,
        memory: typeof memory === "number" ? memory : 0,
        isReplaced: services.isReplaced?.(urn) ?? false,
    };
    return chooseHost(backend, guest, list, problems, (message) => services.log(message));
}
