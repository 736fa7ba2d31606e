import type { LeaseRecord, NetworkChange, NetworkRecord, ReservationCommand } from "../host";
import type { Connection } from "./connection";
import { type Handle, libvirt, readStruct, takePointers } from "./ffi";
import { byName, networkActions, record } from "./networkActions";

const commands: Record<ReservationCommand, number> = { modify: 1, delete: 2, "add-last": 3 }; // virNetworkUpdateCommand
const sectionDhcpHost = 4,
    sectionDnsHost = 10; // virNetworkUpdateSection
const affectLive = 1,
    affectConfig = 2; // virNetworkUpdateFlags
/** libvirt uses the first <ip> element with DHCP, of any address family (network_conf.c, virNetworkIPDefByIndex). */
const firstParent = -1;

export const networkMethods = {
    ...networkActions,

    networkGet: (connection: Connection, _progress: unknown, name: string) =>
        byName(connection, name, (network) => record(connection, network)),

    async networkList(connection: Connection): Promise<NetworkRecord[]> {
        const out: [Handle | null] = [null];
        const count = await connection.number("virConnectListAllNetworks", connection.handle, out, 0);
        const networks = takePointers(out[0], count);
        try {
            const records: NetworkRecord[] = [];
            for (const network of networks) records.push(await record(connection, network));
            return records;
        } finally {
            for (const network of networks) libvirt().virNetworkFree(network);
        }
    },

    networkUpdateReservation: (
        connection: Connection,
        _progress: unknown,
        name: string,
        command: ReservationCommand,
        hostXml: string,
        parent?: number | null,
    ) => update(connection, name, commands[command], sectionDhcpHost, parent ?? firstParent, hostXml),

    networkUpdateRecord: (
        connection: Connection,
        _progress: unknown,
        name: string,
        command: NetworkChange["command"],
        hostXml: string,
    ) => update(connection, name, commands[command], sectionDnsHost, firstParent, hostXml),

    networkLeases: (connection: Connection, _progress: unknown, name: string): Promise<LeaseRecord[]> =>
        byName(connection, name, async (network) => {
            const out: [Handle | null] = [null];
            const count = await connection.number("virNetworkGetDHCPLeases", network, null, out, 0);
            return takePointers(out[0], count).map((lease) => {
                const { mac, ipaddr, hostname, expirytime } = readStruct(lease, "virNetworkDHCPLease");
                libvirt().virNetworkDHCPLeaseFree(lease);
                return {
                    mac: String(mac),
                    address: String(ipaddr),
                    hostname: hostname === null ? undefined : String(hostname),
                    network: name,
                    expires: Number(expirytime),
                };
            });
        }),
};

/** Change a part of a network's configuration, and of the running network where it is active. */
function update(
    connection: Connection,
    name: string,
    ...[command, section, parent, xml]: [number, number, number, string]
): Promise<void> {
    return byName(connection, name, async (network) => {
        const active = (await connection.number("virNetworkIsActive", network)) === 1;
        const persistent = (await connection.number("virNetworkIsPersistent", network)) === 1;
        const flags = (active ? affectLive : 0) | (persistent ? affectConfig : 0);
        await connection.number("virNetworkUpdate", network, command, section, parent, xml, flags);
    });
}
