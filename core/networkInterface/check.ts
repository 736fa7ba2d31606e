import type { Attach, Forward, Ipv4, Ipv6, Problem } from "../../model";
import { same } from "../../model";
import { interfaceShape } from "../../model/arguments";
import { parseArguments } from "../arguments";
import { containsUnknown } from "../handlers";
import { schemaVersionAfter } from "../state";
import { chosenMac } from "./mac";
import { withPorts } from "./ports";

/** The stored inputs: the declaration with its defaults, and the identity. */
export interface InterfaceInputs {
    schemaVersion: number;
    urn: string;
    mac: string;
    attach: Attach;
    driver?: string;
    ipv4?: Ipv4;
    ipv6?: Ipv6;
}

/** Check an interface. @returns inputs with a stable MAC and stable host ports, kept from `olds` where they exist */
export async function checkInterface(
    olds: Partial<InterfaceInputs>,
    { resourceUrn, ...news }: Record<string, unknown>,
) {
    const { values, problems } = parseArguments(interfaceShape, news);
    const urn = String(resourceUrn);
    if (problems.length === 0) problems.push(...interfaceProblems("", values));
    const mac = values.mac ?? (await chosenMac(urn, olds));
    const attach =
        problems.length === 0 ? await resolveAttach({ urn, mac: String(mac) }, values.attach, olds) : values.attach;
    const declared = { urn, ...withIpv4Default(values), mac, attach };
    const unchanged = same(olds, { schemaVersion: olds.schemaVersion, ...declared });
    return { inputs: { schemaVersion: schemaVersionAfter(olds, unchanged), ...declared }, failures: problems };
}

/** Default to DHCP when neither is given; an interface with `ipv6` alone has no IPv4. */
export function withIpv4Default<T extends { ipv4?: unknown; ipv6?: unknown }>(values: T): T {
    return values.ipv4 === undefined && values.ipv6 === undefined ? { ...values, ipv4: "dhcp" } : values;
}

/** Return the problems that show only in several properties together. */
export function interfaceProblems(
    at: string,
    { attach, ...addresses }: { attach?: unknown; ipv4?: unknown; ipv6?: unknown },
): Problem[] {
    if (containsUnknown(attach) || "network" in Object(attach)) return [];
    return (["ipv4", "ipv6"] as const).flatMap((family): Problem[] => {
        if (containsUnknown(addresses[family])) return [];
        const address = Object(addresses[family]) as { reserve?: unknown; name?: unknown };
        if ("reserve" in address)
            return [
                {
                    property: `${at}${family}.reserve`,
                    reason: "an address can be reserved on a libvirt network only: attach: { network }",
                },
            ];
        if (address.name === undefined) return [];
        return [
            {
                property: `${at}${family}.name`,
                reason: "a name is in the DNS of a libvirt network only: attach: { network }",
            },
        ];
    });
}

async function resolveAttach(
    owner: { urn: string; mac: string },
    attach: unknown,
    olds: Partial<InterfaceInputs>,
): Promise<unknown> {
    const forwards = forwardsOf(attach);
    if (containsUnknown(attach) || forwards.length === 0) return attach;
    return {
        user: {
            forward: await withPorts(
                { ...owner, before: { urn: olds.urn, forwards: forwardsOf(olds.attach) } },
                forwards,
            ),
        },
    };
}

function forwardsOf(attach: unknown): Forward[] {
    return Object(attach).user?.forward ?? [];
}
