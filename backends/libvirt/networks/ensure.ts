import { randomBytes } from "node:crypto";
import { type NetworkSpec, UnikernelError } from "../../../model";
import type { AppliedNetwork, NetworkContext, SeenNetwork } from "../../networks";
import type { Host, NetworkDetails } from "../host";
import { isSameCreator } from "../lifecycle/ownership/ownership";
import type { DnsRecord, NetworkDefinition, NetworkMark } from "../networkModel";
import { isOwnEntry, keepForeignOfNetwork, type Own, readDefinition, renderDefinition } from "../xml/networks";
import { isSameDefinition, liveChanges } from "./changes";
import { explained } from "./errors";
import { assertNetworks, seenOf } from "./observe";
import { assertOwned, assertTakeable } from "./ownership";
import { finishMoves, restart } from "./restart";
import { definitionOf, entriesOf } from "./wanted";

interface Run {
    host: Host;
    spec: NetworkSpec;
    context: NetworkContext;
    /** Throws where the network on the host is not ours to change. */
    assertOurs(found: NetworkDefinition): void;
    from?: AppliedNetwork;
}

/** Create a network, or complete one that an interrupted create left. */
export async function create(
    host: Host,
    spec: NetworkSpec,
    context: NetworkContext,
    interrupted: boolean,
): Promise<SeenNetwork> {
    await assertNetworks(host, spec);
    const claim = { ...spec, creator: context.creator, proven: interrupted || context.inState === true };
    const run = { host, spec, context, assertOurs: (found: NetworkDefinition) => assertTakeable(found, claim) };
    const found = await host.networks.details({ name: spec.name });
    try {
        return await ensure(run, found);
    } catch (error) {
        if (!found) await undo(run);
        throw error;
    }
}

/** Bring a network in state to what is declared. */
export async function update(
    host: Host,
    spec: NetworkSpec,
    from: AppliedNetwork,
    context: NetworkContext,
): Promise<SeenNetwork> {
    await assertNetworks(host, { ...spec, host: from.host });
    const found = await host.networks.details({ name: spec.name });
    const assertOurs = (one: NetworkDefinition): void => {
        if (spec.adopt) assertTakeable(one, { ...spec, creator: context.creator, proven: true });
        else assertOwned(one, from, spec.urn);
    };
    return ensure({ host, spec, context, assertOurs, from }, found);
}

async function ensure(run: Run, found: NetworkDetails | undefined): Promise<SeenNetwork> {
    const { host, spec, from } = run;
    const known = found && readDefinition(found.inactiveXml);
    if (known) run.assertOurs(known);
    const own = ownOf(spec, known?.mark, from);
    if (known) assertNoConflict(known, spec, own, recordsBefore(known.mark, from));
    const mark = markOf(run, known?.mark);
    const xmlOf = (one: NetworkMark, before = found): string => {
        const fresh = renderDefinition(definitionOf(spec, one, before && readDefinition(before.inactiveXml)));
        return before ? keepForeignOfNetwork(fresh, before.inactiveXml, own) : fresh;
    };
    const xml = xmlOf(mark);
    const isNew = !known || known.mark?.phase === "creating";
    const first = isNew ? xmlOf({ ...mark, phase: "creating" }) : xml;
    if (!known || !isSameDefinition(known, readDefinition(first))) await define(run, first);
    await activate(run, found, readDefinition(xml), own, mark);
    const now = await ours(run);
    if (now.autostart !== spec.autostart) await host.networks.setAutostart(now.uuid, spec.autostart);
    // The last change: without it, the next create may take the network over. Others may have made entries meanwhile.
    const last = xmlOf(mark, now);
    if (!isSameDefinition(readDefinition(now.inactiveXml), readDefinition(last))) await define(run, last);
    return seenOf(host, await present(run), { ...spec, incarnation: mark.incarnation });
}

/** Let the running network be as its definition says. */
async function activate(
    run: Run,
    before: NetworkDetails | undefined,
    wanted: NetworkDefinition,
    own: Own,
    mark: NetworkMark,
): Promise<void> {
    const { networks } = run.host;
    const network = await ours(run);
    if (!network.active) await explained(run.spec, () => networks.start(network.uuid));
    else {
        const changes = liveChanges(readDefinition(network.xml), wanted, own);
        if (!changes)
            await explained(run.spec, () =>
                restart(run.host, { ...network, inactiveXml: before?.inactiveXml ?? network.inactiveXml }, mark),
            );
        for (const change of changes ?? []) await networks.update(network.uuid, change);
    }
    await finishMoves(run.host, network);
}

/** Return the network as it is now, to change it. @throws where it is gone, or not ours any more */
async function ours(run: Run): Promise<NetworkDetails> {
    const found = await present(run);
    run.assertOurs(readDefinition(found.inactiveXml));
    return found;
}

async function present({ host, spec: { name } }: Run): Promise<NetworkDetails> {
    const found = await host.networks.details({ name });
    if (found) return found;
    throw new UnikernelError("not-found", `network ${name} was removed while it was being changed`);
}

/** libvirt refuses a definition of the name under another uuid. */
async function define({ host, spec }: Run, xml: string): Promise<void> {
    await explained(spec, () => host.networks.define(xml));
}

/** Remove what a failed create has defined; where that fails too, the next create takes it over. */
async function undo(run: Run): Promise<void> {
    const { networks } = run.host;
    try {
        const found = await networks.details({ uuid: run.spec.uuid });
        const definition = found && readDefinition(found.inactiveXml);
        if (definition?.mark?.phase !== "creating" || definition.mark.urn !== run.spec.urn) return;
        await networks.destroy(run.spec.uuid);
        await networks.undefine(run.spec.uuid);
    } catch {
        // The error of the create is the one to show.
    }
}

function markOf({ spec, context, from }: Run, before: NetworkMark | undefined): NetworkMark {
    const taken = spec.adopt && before !== undefined && !isSameCreator(before.creator, context.creator);
    const incarnation = taken && !from ? randomBytes(8).toString("hex") : before?.incarnation;
    return {
        urn: spec.urn,
        creator: (from && before?.creator) ?? context.creator,
        phase: "ready",
        ...(incarnation === undefined ? {} : { incarnation }),
        hosts: spec.hosts,
    };
}

/** Return the entries of this declaration, of the applied one, and of one whose update was interrupted. */
function ownOf({ hosts }: NetworkSpec, mark: NetworkMark | undefined, from: AppliedNetwork | undefined): Own {
    const each = [hosts, mark?.hosts ?? [], from?.hosts ?? []].map(entriesOf);
    return { entries: each.flatMap(({ entries }) => entries), records: each.flatMap(({ records }) => records) };
}

function recordsBefore(mark: NetworkMark | undefined, from: AppliedNetwork | undefined): DnsRecord[] {
    return [mark?.hosts ?? [], from?.hosts ?? []].flatMap((hosts) => entriesOf(hosts).records);
}

/** Throw `in-use` where another's entry has an address, an interface or a name that is declared here. */
function assertNoConflict(
    present: NetworkDefinition,
    { name, hosts, adopt }: NetworkSpec,
    own: Own,
    before: DnsRecord[],
): void {
    const declared = entriesOf(hosts);
    for (const entry of present.subnets.flatMap(({ entries }) => entries)) {
        if (isOwnEntry(own.entries, entry)) continue;
        const index = hosts.findIndex(
            ({ mac, address }) => mac !== undefined && (mac === entry.mac || address === entry.address),
        );
        if (index >= 0)
            throw new UnikernelError(
                "in-use",
                `network ${name} reserves ${entry.address} for ${entry.mac ?? entry.name ?? "another guest"} already`,
                {
                    property: `hosts[${index}].mac`,
                    hint: "leave mac out where a guest's interface has `ipv4: { reserve }`, or choose another address",
                },
            );
    }
    for (const record of present.records) {
        if (before.some(({ address }) => address === record.address)) continue;
        const same = declared.records.find(({ address }) => address === record.address);
        // What is adopted becomes as declared.
        const replaced = adopt ? undefined : record.names.find((one) => same && !same.names.includes(one));
        if (replaced !== undefined)
            throw new UnikernelError(
                "in-use",
                `network ${name} has the name ${replaced} for ${record.address} already, which this declaration did not make`,
                { property: "hosts", hint: "choose another address, or remove that record: virsh net-update" },
            );
        if (same) continue;
        const clash = declared.records.find(({ names }) => names.some((one) => record.names.includes(one)));
        if (clash)
            throw new UnikernelError(
                "in-use",
                `network ${name} has the name ${clash.names.find((one) => record.names.includes(one))} for ${record.address} already, which this declaration did not make`,
                { property: "hosts", hint: "choose another name, or remove that record: virsh net-update" },
            );
    }
}
