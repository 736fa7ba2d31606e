import { isIP } from "node:net";
import { isWithin, overlaps, type Problem, spanOf } from "../../../model";
import type { AppliedNetwork, CutOff, NetworkLook, NetworkRef } from "../../networks";
import type { Host, NetworkRecord } from "../host";
import { hostIdOf } from "../lifecycle/hostIdentity";
import type { NetworkDefinition } from "../networkModel";
import { isOwnEntry, readDefinition } from "../xml/networks";
import { madeBridge, runningGuests } from "./guests";
import { assertNetworks } from "./observe";
import { entriesOf } from "./wanted";

type Subnets = Pick<AppliedNetwork, "ipv4" | "ipv6">;

/** Return what a check needs of the host. */
export async function look(
    host: Host,
    { name, uuid, urn, ...subnets }: Pick<AppliedNetwork, "name" | "uuid" | "urn"> & Subnets,
): Promise<NetworkLook> {
    const info = await host.info();
    const place = { host: hostIdOf(info), session: info.session };
    if (info.session) return { ...place, problems: [] };
    const networks = await host.networks.list();
    const read = networks.map((record) => readDefinition(record.xml));
    const named = read.find((one) => one.name === name);
    return {
        ...place,
        ...(named ? { named: { uuid: named.uuid, ...(named.mark ? { urn: named.mark.urn } : {}) } } : {}),
        problems: read
            .filter((one) => one.uuid !== uuid && one.name !== name && one.mark?.urn !== urn)
            .flatMap((one) => overlapsWith(one, subnets)),
    };
}

/** Return the ranges of a network that another one of the host has already. */
function overlapsWith({ name, subnets }: NetworkDefinition, wanted: Subnets): Problem[] {
    return (["ipv4", "ipv6"] as const).flatMap((family) => {
        const declared = wanted[family];
        const taken = subnets
            .filter(({ address, prefix }) => isIP(address) !== 0 && prefix >= 0 && prefix <= 128)
            .map(({ address, prefix }) => `${address}/${prefix}`)
            .find((cidr) => declared !== undefined && overlaps(spanOf(cidr), spanOf(declared.address)));
        return taken === undefined
            ? []
            : [
                  {
                      property: `${family}.address`,
                      reason: `${declared?.address} overlaps ${taken} of network ${name} on the host`,
                  },
              ];
    });
}

/** Return what a restart of the network would mean for its guests. */
export async function cutOff(
    host: Host,
    { uuid, ...ref }: NetworkRef,
    wanted: Subnets,
    from: AppliedNetwork,
): Promise<CutOff> {
    await assertNetworks(host, ref);
    const found: NetworkRecord | undefined = await host.networks.details({ uuid });
    if (!found?.active) return { guests: [], stuck: [], outside: [] };
    const definition = readDefinition(found.xml);
    const guests = await runningGuests(host, { name: found.name, bridge: madeBridge(definition) });
    const own = [...entriesOf(from.hosts).entries, ...entriesOf(definition.mark?.hosts ?? []).entries];
    const span = wanted.ipv4 && spanOf(wanted.ipv4.address);
    const outside = definition.subnets
        .flatMap(({ entries }) => entries)
        .filter((entry) => entry.mac !== undefined && !isOwnEntry(own, entry))
        .filter(({ address }) => !span || !isWithin(address, span));
    return {
        guests: guests.map(({ name }) => name),
        stuck: guests.filter(({ moves }) => !moves).map(({ name }) => name),
        outside: outside.map(({ address, mac }) => ({ address, mac })),
    };
}
