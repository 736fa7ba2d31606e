import {
    currentSignal,
    hasCode,
    type InterfaceSpec,
    messageOf,
    ownAddress,
    type UnikernelSpec,
    withoutPrefix,
} from "../../../../model";
import { declarable, readFacts } from "../../devices";
import type { DomainRecord, Host } from "../../host";
import type { Mark } from "../../model";
import { httpAttempt } from "./http";
import { answers, type Probing } from "./probe";
import { type ProbedSpec, probingOf } from "./probing";
import { portOf, problemFromHere } from "./routes";
import { tcpAttempt } from "./tcp";

/**
 * Return what a mark keeps of a guest's readiness, so that any run can ask the guest whether it serves, by the condition under which
 * what runs became ready. Every user of the host may read a mark, so a secret one is left out.
 */
export function probeOf(
    spec: Pick<UnikernelSpec, "readiness" | "interfaces" | "secrets"> & { hidden?: string[] },
): Pick<Mark, "probe"> {
    const { readiness, interfaces, secrets, hidden = [] } = spec;
    if (!readiness || "console" in readiness) return {};
    if ([...secrets, ...hidden].some((path) => /^(readiness|interfaces)\b/.test(path))) return {};
    const own = interfaces.flatMap(({ ipv4, ipv6 }) => [ownAddress(ipv4), ipv6]).filter((one) => one !== undefined);
    return {
        probe: {
            readiness: "http" in readiness ? { http: readiness.http } : { tcp: readiness.tcp },
            addresses: own.map(({ address }) => withoutPrefix(address)),
        },
    };
}

/**
 * Ask a running guest by the readiness in its mark whether it serves.
 * @returns why it does not; undefined where it does, and where it cannot be asked: its readiness is no port, its mark is of an earlier
 * release, or no way to it begins on its host
 * @throws UnikernelError `unreachable`
 */
export async function whyNotServing(
    host: Host,
    { liveXml = "" }: Pick<DomainRecord, "liveXml">,
    { probe, reservations = [] }: Pick<Mark, "probe" | "reservations">,
): Promise<string | undefined> {
    if (!probe) return undefined;
    const { readiness, addresses } = probe;
    const found = declarable(readFacts(liveXml)).map((one): InterfaceSpec => {
        const entry = reservations.find(({ mac }) => mac === one.mac);
        return entry ? { ...one, ipv4: { reserve: entry.address } } : one;
    });
    const own = addresses.map((address): InterfaceSpec => ({ mac: "", attach: { bridge: "" }, ipv4: { address } }));
    const spec: ProbedSpec = {
        connection: host.uri,
        interfaces: [...found, ...own],
        readiness: { ...readiness, timeout: 0 },
    };
    const probing = await wayTo(host, spec);
    if (!probing) return undefined;
    try {
        const attempt = "http" in readiness ? httpAttempt(readiness.http) : tcpAttempt;
        const why = await answers(probing, attempt, currentSignal());
        return why === undefined ? undefined : `runs and does not serve: ${why}`;
    } catch (error) {
        if (hasCode(error, "not-ready", "invalid")) return `runs and does not serve: ${messageOf(error)}`;
        throw error;
    }
}

/** Return how a guest is reached; undefined where it is not, or where another machine might answer for it. */
async function wayTo(host: Host, spec: ProbedSpec): Promise<Probing | undefined> {
    try {
        const info = await host.info();
        const probing = await probingOf({ spec, host, info });
        const begins = info.local || host.channels?.() !== undefined;
        return begins || problemFromHere(spec, portOf(spec.readiness)!) === undefined ? probing : undefined;
    } catch (error) {
        if (hasCode(error, "invalid", "unsupported")) return undefined;
        throw error;
    }
}
