import { renderEntry, renderRecord } from "../../../backends/libvirt/xml/networks";
import type { FaultHost } from "./faultHost";
import type { Change } from "./program";

/** What other programs, people and power cuts do to a host between two runs. */
const EDITS: Record<string, (host: FaultHost, uuid: string) => Promise<unknown> | void> = {
    "destroys the domain": (host, uuid) => host.domains.destroy(uuid),
    "undefines the domain": async (host, uuid) => {
        await host.domains.destroy(uuid);
        await host.domains.undefine(uuid);
        host.undefined.add(uuid);
    },
    "suspends the domain": (host, uuid) => {
        if (isRunning(host, uuid)) return host.domains.suspend(uuid);
    },
    "saves the domain": async (host, uuid) => {
        const { liveXml } = recordOf(host, uuid);
        if (!liveXml) return;
        await host.domains.destroy(uuid);
        host.patch(uuid, { saved: true, savedXml: liveXml });
    },
    "gives the domain other memory": (host, uuid) => {
        const { inactiveXml } = recordOf(host, uuid);
        host.patch(uuid, { inactiveXml: inactiveXml.replace(/(<(memory|currentMemory)[^>]*>)\d+/g, "$1524288") });
    },
    "switches autostart": (host, uuid) => host.domains.setAutostart(uuid, !recordOf(host, uuid).autostart),
    "removes the kernel": (host, uuid) => {
        for (const [folder, name] of host.allFiles())
            if (folder === uuid && name.startsWith("kernel-")) host.dropFile(uuid, name);
    },
    "restarts the host": (host) => {
        host.reboot();
    },
    "stops a network": (host) => {
        for (const uuid of [...host.nets.kept.keys()].slice(0, 1)) host.nets.destroy(uuid);
    },
    "removes the records and reservations of guests": async (host) => {
        for (const { running, defined } of [...host.nets.kept.values()]) {
            const network = (running ?? defined)!;
            const declared = network.mark?.hosts.map(({ address }) => address) ?? [];
            for (const { address } of network.records.filter((one) => !declared.includes(one.address)))
                await host.nets.calls.updateRecord(network.name, "delete", renderRecord({ address, names: [] }));
            for (const [index, { entries }] of network.subnets.entries())
                for (const entry of entries.filter(({ mac }) => mac !== undefined))
                    await host.nets.calls.updateReservation(network.name, "delete", renderEntry(entry), index);
        }
    },
    "lets the guests go on": (host) => {
        host.write();
    },
};

/** Edit a host. @returns the edit in words */
export async function edit(hosts: FaultHost[], { what, which, value }: Change): Promise<string> {
    const index = value % hosts.length;
    const host = hosts[index]!;
    const domains = host.records().filter(({ persistent }) => persistent);
    const domain = domains[which % Math.max(1, domains.length)];
    const [words, act] = Object.entries(EDITS)[what % Object.keys(EDITS).length]!;
    if (!domain) return "nothing: there is no domain";
    await act(host, domain.uuid);
    return `another program ${words} (${domain.name}, host ${index})`;
}

const recordOf = (host: FaultHost, uuid: string) => host.records().find((one) => one.uuid === uuid)!;
const isRunning = (host: FaultHost, uuid: string): boolean => recordOf(host, uuid).state === "running";
