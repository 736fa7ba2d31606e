import { writeFileSync } from "node:fs";
import { hostNetworks } from "../../backends";
import { type Host, openHost } from "../../backends/libvirt";
import { networkHandlers } from "../../core/network";
import { forgetNetworks } from "../../core/network/inProgram";
import type { LibvirtHost } from "./libvirtHost";
import { alice } from "./plans";
import { tinyDomain } from "./tinyDomain";

type Properties = Record<string, unknown>;

export const urnOfNetwork = (name: string, stack = "test"): string =>
    `urn:pulumi:${stack}::networks::unikernel:index:Network::${name}`;

/** Networks driven as by the engine: through the core's handlers, with state between the runs. */
export class TestNetworks {
    readonly said: string[] = [];
    private readonly handlers;

    constructor(
        private readonly host: Pick<LibvirtHost, "uri">,
        wrap: (host: Host) => Host = (host) => host,
        private readonly stack = "test",
    ) {
        this.handlers = networkHandlers({
            networks: hostNetworks(async (uri) => wrap(await openHost(uri))),
            defaultConnection: () => host.uri,
            creator: alice,
            log: (message) => {
                this.said.push(message);
            },
        });
    }

    /** Return what check says, in a run of its own. */
    async check(name: string, args: Properties, state: Properties = {}) {
        forgetNetworks();
        const { bridge, mode, incarnation: _, ...rest } = state;
        const olds = Object.keys(state).length === 0 ? {} : { ...rest, mode, ...(mode === "bridge" ? { bridge } : {}) };
        const { inputs, failures } = await this.handlers.check(olds, {
            resourceUrn: urnOfNetwork(name, this.stack),
            connection: this.host.uri,
            ...args,
        });
        return { inputs, failures: failures.map(({ property, reason }) => `${property}: ${reason}`) };
    }

    /** Return state after `pulumi up`. A check failure is thrown. */
    async up(name: string, args: Properties, state?: Properties): Promise<Properties> {
        const { inputs, failures } = await this.check(name, args, state);
        if (failures.length > 0) throw new Error(failures.join("\n"));
        if (!state) return (await this.handlers.create(inputs)).outs;
        const { changes } = await this.handlers.diff(String(inputs.uuid), state, inputs);
        return changes === false ? state : (await this.handlers.update(String(inputs.uuid), state, inputs)).outs;
    }

    /** Return what the preview of a change says. */
    async consequence(name: string, args: Properties, state: Properties): Promise<string> {
        const { inputs, failures } = await this.check(name, args, state);
        if (failures.length > 0) throw new Error(failures.join("\n"));
        return String(inputs.consequence);
    }

    /** Return the state as a refresh leaves it; undefined when the network is gone. */
    async refresh(state: Properties): Promise<Properties | undefined> {
        const { id, props } = await this.handlers.read(String(state.uuid), state);
        return id === "" ? undefined : props;
    }

    /** Update without asking whether it may be done. */
    async update(state: Properties, inputs: Properties): Promise<Properties> {
        return (await this.handlers.update(String(state.uuid), state, inputs)).outs;
    }

    async destroy(state: Properties): Promise<void> {
        await this.handlers.delete(String(state.uuid), state);
    }

    async import(name: string, as: string): Promise<Properties | undefined> {
        const found = await this.handlers.importGuest?.({
            urn: urnOfNetwork(as, this.stack),
            connection: this.host.uri,
            name,
        });
        return found?.props;
    }
}

/** Start a guest of another program with an interface on a network or a bridge. */
export async function startStranger(host: LibvirtHost, name: string, mac: string, source: string): Promise<void> {
    const file = `${host.folder}/${name}.xml`;
    const kind = source.startsWith("network") ? "network" : "bridge";
    const devices = `<interface type='${kind}'><mac address='${mac}'/><source ${source}/><model type='virtio'/></interface>`;
    writeFileSync(file, tinyDomain({ name, devices }));
    await host.virsh("define", file);
    await host.virsh("start", name);
}

/** Return the bridge that the guest's interface is a port of, as the kernel says; "" for none. */
export async function bridgeOf(host: LibvirtHost, guest: string): Promise<string> {
    const [, device = ""] = /^\s*(vnet\d+)\s/m.exec(await host.virsh("domiflist", guest)) ?? [];
    const { stdout } = await host.exec("ip", ["-j", "link", "show", "dev", device]);
    const [link] = JSON.parse(stdout) as { master?: string; operstate: string }[];
    return link?.master ?? "";
}
