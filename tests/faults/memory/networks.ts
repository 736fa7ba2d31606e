import { isDeepStrictEqual } from "node:util";
import type { Host, NetworkChange, NetworkDetails } from "../../../backends/libvirt/host";
import type { DhcpEntry, DnsRecord, NetworkDefinition } from "../../../backends/libvirt/networkModel";
import { readDefinition, renderDefinition } from "../../../backends/libvirt/xml/networks";
import { UnikernelError } from "../../../model";

interface Kept {
    running?: NetworkDefinition;
    defined?: NetworkDefinition;
    autostart: boolean;
    /** The number of the present run: a guest that was plugged in before has lost its link. */
    run: number;
}

/** The networks of a host in this process, with the refusals of libvirt 9.0 that our code meets. */
export class MemoryNetworks {
    readonly kept = new Map<string, Kept>();
    private runs = 0;

    readonly calls: Host["networks"] = {
        get: async (name) => this.details(this.named(name)),
        list: async () => [...this.kept.keys()].flatMap((uuid) => this.details(uuid) ?? []),
        details: async (of) => this.details("name" in of ? this.named(of.name) : of.uuid),
        leases: async () => [],
        define: async (xml) => {
            const defined = readDefinition(xml);
            const other = this.named(defined.name);
            if (other !== undefined && other !== defined.uuid)
                throw refusal(`network '${defined.name}' already exists with uuid ${other}`);
            const { run = 0, autostart = false, running } = this.kept.get(defined.uuid) ?? {};
            this.kept.set(defined.uuid, { running, defined, autostart, run });
        },
        create: async (xml) => {
            const running = readDefinition(xml);
            if (this.named(running.name) !== undefined) throw refusal(`network '${running.name}' already exists`);
            this.kept.set(running.uuid, { running, autostart: false, run: ++this.runs });
        },
        start: async (uuid) => this.start(uuid),
        destroy: async (uuid) => this.destroy(uuid),
        undefine: async (uuid) => {
            const network = this.kept.get(uuid);
            if (network?.running) network.defined = undefined;
            else this.kept.delete(uuid);
        },
        setAutostart: async (uuid, on) => void (this.network(uuid).autostart = on),
        update: async (uuid, change) => {
            const network = this.network(uuid);
            if (!network.running) throw refusal("network is not running");
            network.running = changed(network.running, change);
        },
        updateReservation: async (name, command, xml, parent) => {
            const network = this.network(this.named(name) ?? "");
            if (command === "modify") throw refusal("modify is not used");
            changeBoth(network, { command, section: "dhcp-host", parent, xml });
        },
        updateRecord: async (name, command, xml) =>
            changeBoth(this.network(this.named(name) ?? ""), { command, section: "dns-host", xml }),
    };

    start(uuid: string): void {
        const network = this.network(uuid);
        if (network.running) return;
        network.running = network.defined;
        network.run = ++this.runs;
    }

    destroy(uuid: string): void {
        const network = this.kept.get(uuid);
        if (!network) return;
        network.running = undefined;
        if (!network.defined) this.kept.delete(uuid);
    }

    /** Return the uuid of a network; undefined where there is none of the name. */
    named(name: string): string | undefined {
        return [...this.kept].find(([, { defined, running }]) => (running ?? defined)?.name === name)?.[0];
    }

    /** Return the number of a running network's run; undefined where it does not run. */
    runOf(name: string): number | undefined {
        const network = this.kept.get(this.named(name) ?? "");
        return network?.running && network.run;
    }

    private network(uuid: string): Kept {
        const network = this.kept.get(uuid);
        if (!network) throw new UnikernelError("not-found", `there is no network ${uuid}`);
        return network;
    }

    private details(uuid: string | undefined): NetworkDetails | undefined {
        const network = this.kept.get(uuid ?? "");
        const { running, defined, autostart } = network ?? { autostart: false };
        const now = running ?? defined;
        if (!now) return undefined;
        return {
            name: now.name,
            uuid: now.uuid,
            active: running !== undefined,
            persistent: defined !== undefined,
            autostart,
            xml: renderDefinition(now),
            inactiveXml: renderDefinition(defined ?? now),
        };
    }
}

const refusal = (message: string): UnikernelError => new UnikernelError("invalid", message);

/** Change the running network and its definition, or neither. */
function changeBoth(network: Kept, change: NetworkChange): void {
    const running = network.running && changed(network.running, change);
    if (network.defined) network.defined = changed(network.defined, change);
    network.running = running;
}

/** Return a definition after virNetworkUpdate. libvirt refuses to add an entry that exists, and to delete one that does not. */
function changed(definition: NetworkDefinition, change: NetworkChange): NetworkDefinition {
    const { section, parent } = change;
    // The element alone is read as that of a whole definition.
    const inside =
        section === "dns-host" ? `<dns>${change.xml}</dns>` : `<ip address="10.0.0.1"><dhcp>${change.xml}</dhcp></ip>`;
    const read = readDefinition(`<network><name>one</name>${inside}</network>`);
    if (section === "dns-host")
        return { ...definition, records: edited<DnsRecord>(definition.records, read.records[0]!, change, sameRecord) };
    const index = parent ?? definition.subnets.findIndex(({ ranges, entries }) => ranges.length + entries.length > 0);
    const subnet = definition.subnets[index];
    const given = read.subnets[0]!;
    if (!subnet) throw refusal("couldn't locate a matching DHCP element");
    const after =
        section === "dhcp-range"
            ? { ...subnet, ranges: edited(subnet.ranges, given.ranges[0]!, change, isDeepStrictEqual) }
            : { ...subnet, entries: edited<DhcpEntry>(subnet.entries, given.entries[0]!, change, sameEntry) };
    return { ...definition, subnets: definition.subnets.map((one, place) => (place === index ? after : one)) };
}

/** libvirt 9.0: one name may have several addresses, in records of their own. */
const sameRecord = (one: DnsRecord, other: DnsRecord): boolean => one.address === other.address;
const sameEntry = (one: DhcpEntry, other: DhcpEntry): boolean =>
    one.address === other.address || (one.mac !== undefined && one.mac === other.mac);

function edited<T>(list: T[], one: T, { command, section }: NetworkChange, isSame: (one: T, other: T) => boolean): T[] {
    const there = list.filter((other) => isSame(one, other));
    if (command === "delete") {
        if (there.length === 0) throw refusal(`couldn't locate a matching ${section} entry`);
        return list.filter((other) => !there.includes(other));
    }
    if (there.length > 0) throw refusal(`there is an existing ${section} entry that matches`);
    return [...list, one];
}
