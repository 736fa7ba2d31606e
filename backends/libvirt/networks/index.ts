import { withSignal } from "../../../model";
import type { HostNetworks } from "../../networks";
import type { Host } from "../host";
import { forgetCreation, withNote } from "../lifecycle/ownership/interruptedCreations";
import { remove } from "./delete";
import { create, update } from "./ensure";
import { importNetwork } from "./import";
import { cutOff, look } from "./look";
import { observe } from "./observe";

/**
 * Return the networks of libvirt hosts. A network is libvirt's, not a hypervisor's: KVM hosts and Xen hosts have it
 * alike, where libvirt's network driver is installed.
 * @param open returns a connection; it is called for every operation, so it should cache connections
 */
export function createHostNetworks(open: (uri: string) => Promise<Host>): HostNetworks {
    return {
        look: async (spec) => look(await open(spec.connection), spec),
        cutOff: async (ref, wanted, from) => cutOff(await open(ref.connection), ref, wanted, from),
        observe: async (applied) => {
            await forgetCreation(applied.host, applied.uuid);
            return observe(await open(applied.connection), applied);
        },
        create: (spec, context) =>
            withSignal(context.signal, async () => {
                const host = await open(spec.connection);
                const { uuid, urn } = spec;
                return withNote({ host, uuid, urn }, (interrupted) => create(host, spec, context, interrupted));
            }),
        update: (spec, from, context) =>
            withSignal(context.signal, async () => {
                await forgetCreation(from.host, spec.uuid);
                return update(await open(spec.connection), spec, from, context);
            }),
        delete: (applied, context) =>
            withSignal(context.signal, async () => {
                await forgetCreation(applied.host, applied.uuid);
                return remove(await open(applied.connection), applied);
            }),
        importNetwork: async (connection, target) => importNetwork(await open(connection), connection, target),
    };
}
