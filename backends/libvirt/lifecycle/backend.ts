import { withSignal } from "../../../model";
import type { Backend } from "../../backend";
import { parseUri } from "../client";
import { configuredFolder } from "../files/guestsFolder";
import type { Host } from "../host";
import type { LibvirtPlatform } from "../platform";
import { hostIdOf } from "./hostIdentity";
import { entryProblems } from "./network/entryProblems";
import { networkOf } from "./network/networks";
import { forgetCreation, withNote } from "./ownership/interruptedCreations";
import { wasDeletionInterrupted } from "./ownership/interruptedDeletions";
import { remoteProbeProblems, routeProblems } from "./readiness/routes";

/** Loaded when first used: a check and a comparison, which are all of most previews, need none of them. */
const operations = () => require("./operations") as typeof import("./operations");

/**
 * Return a backend with the lifecycle that kvm and xen share.
 * @param open returns a connection; it is called for every operation, so it should cache connections
 */
export function createLibvirtBackend(platform: LibvirtPlatform, open: (uri: string) => Promise<Host>): Backend {
    return {
        platform: platform.platform,
        consequences: platform.consequences,
        defaultConnection: () => platform.defaultConnection(),
        check: (spec, { guest }) => [...platform.check(spec, guest), ...routeProblems(spec)],
        newProblems: (spec) => remoteProbeProblems(spec),
        hostProblems: async (spec) => [
            ...(await entryProblems(
                (name) => networkOf(spec.connection, name, open),
                spec,
                async (entry, declared) => operations().takenNames(await open(spec.connection), entry, declared, spec),
            )),
            ...((await platform.hostProblems?.(spec, () => open(spec.connection))) ?? []),
        ],
        consequenceOnHost: async (spec, change, former) => {
            if (/^interfaces\[\d+\]\.ipv[46](\.|$)/.test(change.property))
                return operations().consequenceOfAddress(spec, change, former.interfaces ?? [], async (network) =>
                    (await open(spec.connection)).networks.leases(network),
                );
            // Where the table calls no move live, no host makes it live.
            if (change.consequence !== "live" || !/^interfaces\[\d+\]\.attach$/.test(change.property)) return undefined;
            const network = (name: string) => networkOf(spec.connection, name, open);
            return { consequence: await operations().consequenceOfMove(network, change.from, change.to) };
        },
        folder: configuredFolder,
        hostId: async (connection) => hostIdOf(await (await open(connection)).info()),
        capacity: async (connection) => {
            const host = await open(connection);
            const [info, { availableMemory }] = await Promise.all([host.info(), host.resources()]);
            return { id: hostIdOf(info), hostname: info.hostname, availableMemory };
        },
        intact: async ({ uuid, host }) => {
            await forgetCreation(host, uuid);
            return !(await wasDeletionInterrupted(uuid));
        },
        domainUrn: async (connection, uuid) => operations().urnOfDomain(await open(connection), uuid),
        observe: async (ref, applied, creator, readConsole, told) => {
            await forgetCreation(applied.host, ref.uuid);
            return operations().observe(await open(ref.connection), platform, ref, applied, creator, readConsole, told);
        },
        leadsTo: (connection) => parseUri(connection).driver === platform.driver,
        ...(platform.imports
            ? {
                  importGuest: async (connection: string, target: { uuid?: string; name?: string }) =>
                      operations().importGuest(await open(connection), target),
              }
            : {}),
        create: (plan, context) =>
            withSignal(context.signal, async () => {
                const run = { host: await open(plan.spec.connection), platform, plan, context };
                const { uuid, urn } = plan.spec;
                return withNote({ host: run.host, uuid, urn }, (interrupted) =>
                    operations().ensure(run, {
                        urns: [plan.spec.urn],
                        creator: context.creator,
                        adopt: plan.spec.adopt,
                        inState: false,
                        interrupted: interrupted || context.inState,
                    }),
                );
            }),
        update: (plan, { from }, context) =>
            withSignal(context.signal, async () => {
                await forgetCreation(from.host, plan.spec.uuid);
                return operations().ensure(
                    { host: await open(plan.spec.connection), platform, plan, context },
                    {
                        urns: operations().urnsOf(plan.spec, from),
                        creator: context.creator,
                        adopt: plan.spec.adopt,
                        inState: true,
                        imported: from.imported !== undefined,
                    },
                    from,
                );
            }),
        leftovers: async (connection, creator) => operations().leftovers(await open(connection), creator),
        sweep: async (connection, left, options) => operations().sweep(await open(connection), platform, left, options),
        sweepReservation: async (connection, entry) => operations().release(await open(connection), [entry]),
        listGuests: async (connection, sshTarget) =>
            operations().listGuests(await open(connection), platform, sshTarget),
        fleetMembers: async (connection, urns, likely) =>
            operations().fleetMembers(await open(connection), urns, likely),
        describeGuest: async (connection, target) =>
            operations().describeGuest(await open(connection), platform, target),
        watchGuests: async (connection, listener, signal) =>
            operations().watchGuests(await open(connection), listener, signal),
        guestOutput: async (connection, guest, options) =>
            operations().guestOutput(await open(connection), platform, guest, options),
        consoleTail: async (connection, target) => operations().consoleTail(await open(connection), platform, target),
        delete: (ref, applied, context) =>
            withSignal(context.signal, async () => {
                await forgetCreation(applied.host, ref.uuid);
                return operations().remove(await open(ref.connection), platform, ref, applied, context);
            }),
    };
}
