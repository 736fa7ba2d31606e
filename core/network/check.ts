import { type HostNetworks, type NetworkLook, platformAt, sessionRefused } from "../../backends";
import { type NetworkSpec, type Problem, problemOf, same } from "../../model";
import { networkRows, shapesOf } from "../../model/arguments";
import { parseArguments } from "../arguments";
import { environmentSettings } from "../configuration";
import { freeIndex } from "../freeIndex";
import { containsUnknown } from "../handlers";
import { defaultName, uuidOf } from "../identity";
import { noteInRun } from "../identityOwners";
import { schemaVersionAfter } from "../state";
import { consequenceOf } from "./consequence";
import { claimNetwork } from "./inProgram";
import type { NetworkInputs } from "./inputs";
import { networkProblems } from "./problems";

export const networkShape = shapesOf(networkRows);

/** Check a network. @returns inputs with the identity, kept from `olds` where it exists, and the consequence */
export async function checkNetwork(
    networks: HostNetworks,
    defaultConnection: () => string,
    olds: Partial<NetworkInputs>,
    news: Record<string, unknown>,
): Promise<{ inputs: Record<string, unknown>; failures: Problem[] }> {
    const { values, problems } = parseArguments(networkShape, news);
    const { resourceUrn, hidden, adopt, ...declared } = values;
    const urn = String(resourceUrn);
    if (problems.length === 0) problems.push(...networkProblems(values));
    const connection =
        declared.connection ?? environmentSettings().settings.connection ?? olds.connection ?? defaultConnection();
    if (typeof connection === "string" && !containsUnknown(connection) && problems.length === 0)
        problems.push(...placeProblems(connection));
    const identity = await identify(networks, { urn, connection, adopt: adopt === true, declared, problems, olds });
    const inputs = {
        urn,
        ...declared,
        ...identity,
        connection,
        ...(adopt === true ? { adopt } : {}),
        ...(Array.isArray(hidden) && hidden.length > 0 ? { hidden } : {}),
    } as Omit<NetworkInputs, "schemaVersion" | "consequence">;
    const whole = { ...inputs, schemaVersion: 0, consequence: "" };
    const { consequence, problems: found } =
        olds.uuid === undefined || problems.length > 0
            ? { consequence: "", problems: [] }
            : await consequenceOf(networks, { consequence: "", ...olds } as NetworkInputs, whole);
    problems.push(...found);
    if (problems.length === 0 && !containsUnknown([inputs.name, connection, inputs.ipv4, inputs.ipv6]))
        problems.push(...claimNetwork(whole));
    const unchanged = same({ ...olds, consequence: "", schemaVersion: 0 }, whole);
    return {
        inputs: { schemaVersion: schemaVersionAfter(olds, unchanged), ...inputs, consequence },
        failures: problems,
    };
}

/** Refuse, without asking a host, a connection that leads to none with networks. */
function placeProblems(connection: string): Problem[] {
    if (platformAt(connection) === undefined)
        return [{ property: "connection", reason: `${connection} leads to no KVM or Xen host` }];
    return /^[^:]+:\/\/[^/]*\/session(\?|$)/.test(connection) ? [problemOf("connection", sessionRefused())] : [];
}

interface Asked {
    urn: string;
    connection: unknown;
    adopt: boolean;
    declared: Record<string, unknown>;
    problems: Problem[];
    olds: Partial<NetworkInputs>;
}

/**
 * Return uuid, name and host. What is in `olds` stays. A new network takes the first identity of its URN that no renamed
 * one has; with `adopt`, the uuid of the network that has its name. Problems of the host are added to `problems`; one
 * that cannot be asked is no problem of a preview.
 */
async function identify(
    networks: HostNetworks,
    { urn, connection, adopt, declared, problems, olds }: Asked,
): Promise<Pick<NetworkInputs, "uuid" | "name" | "host">> {
    const known = problems.length === 0 && typeof connection === "string" && !containsUnknown([connection, declared]);
    const index = olds.uuid === undefined ? await freeIndex(urn) : 0;
    const uuid = olds.uuid ?? uuidOf(urn, index);
    const name = String(declared.name ?? olds.name ?? defaultName(urn, index));
    if (!known) return { uuid, name, ...(olds.host === undefined ? {} : { host: olds.host }) };
    noteInRun(uuid, urn);
    const seen = await networks
        .look({ ...(declared as unknown as NetworkSpec), urn, uuid, name, connection })
        .catch(() => undefined);
    const host = seen?.host ?? olds.host;
    if (!seen) return { uuid, name, ...(host === undefined ? {} : { host }) };
    problems.push(...(seen.session ? [problemOf("connection", sessionRefused())] : seen.problems));
    return { uuid: takenOver(seen, { uuid, urn, name, adopt, olds, problems }), name, host };
}

function takenOver(
    { named }: NetworkLook,
    {
        uuid,
        urn,
        name,
        adopt,
        olds,
        problems,
    }: { uuid: string; urn: string; name: string } & Pick<Asked, "adopt" | "olds" | "problems">,
): string {
    if (!named || named.uuid === uuid || named.urn === urn) return named?.urn === urn ? named.uuid : uuid;
    if (named.urn === undefined && adopt && olds.uuid === undefined) return named.uuid;
    const whose = named.urn === undefined ? "which this package did not make" : `which belongs to ${named.urn}`;
    problems.push({
        property: "name",
        reason: `the host has a network ${name} already, ${whose}${named.urn === undefined && olds.uuid === undefined ? ": set adopt: true to take it over, or choose another name" : ": choose another name"}`,
    });
    return uuid;
}
