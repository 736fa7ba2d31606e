import type { NetworkChange, NetworkDetails, NetworkRecord } from "../host";
import { CallFailed, type Connection } from "./connection";
import { type Handle, libvirt } from "./ffi";

const inactive = 1; // VIR_NETWORK_XML_INACTIVE
const affectLive = 1; // VIR_NETWORK_UPDATE_AFFECT_LIVE
const commands = { delete: 2, "add-last": 3 }; // virNetworkUpdateCommand
const sections = { "dhcp-host": 4, "dhcp-range": 5, "dns-host": 10 }; // virNetworkUpdateSection
const operationInvalid = 55,
    noNetwork = 43; // virErrorNumber

export function byName<T>(connection: Connection, name: string, work: (network: Handle) => Promise<T>): Promise<T> {
    return connection.using("virNetworkFree", ["virNetworkLookupByName", connection.handle, name], work);
}

/** By uuid, so that a change never reaches another network that has the name by now. */
function byUuid<T>(connection: Connection, uuid: string, work: (network: Handle) => Promise<T>): Promise<T> {
    return connection.using("virNetworkFree", ["virNetworkLookupByUUIDString", connection.handle, uuid], work);
}

/** The calls of a network as an object of its own; reservations and leases of guests are in networkMethods. */
export const networkActions = {
    networkDetails: (connection: Connection, _progress: unknown, of: { name: string } | { uuid: string }) =>
        "name" in of
            ? byName(connection, of.name, (network) => details(connection, network))
            : byUuid(connection, of.uuid, (network) => details(connection, network)),

    networkDefine: (connection: Connection, _progress: unknown, xml: string) =>
        connection.using("virNetworkFree", ["virNetworkDefineXML", connection.handle, xml], async () => undefined),

    networkCreate: (connection: Connection, _progress: unknown, xml: string) =>
        connection.using("virNetworkFree", ["virNetworkCreateXML", connection.handle, xml], async () => undefined),

    networkStart: (connection: Connection, _progress: unknown, uuid: string): Promise<void> =>
        byUuid(connection, uuid, (network) => act(connection, network, "virNetworkCreate", 1)),

    networkDestroy: (connection: Connection, _progress: unknown, uuid: string): Promise<void> =>
        unlessGone(byUuid(connection, uuid, (network) => act(connection, network, "virNetworkDestroy", 0))),

    networkUndefine: (connection: Connection, _progress: unknown, uuid: string): Promise<void> =>
        unlessGone(
            byUuid(connection, uuid, async (network) => void (await connection.number("virNetworkUndefine", network))),
        ),

    networkSetAutostart: (connection: Connection, _progress: unknown, uuid: string, on: boolean): Promise<void> =>
        byUuid(
            connection,
            uuid,
            async (network) => void (await connection.number("virNetworkSetAutostart", network, on ? 1 : 0)),
        ),

    networkUpdate: (
        connection: Connection,
        _progress: unknown,
        uuid: string,
        { command, section, parent, xml }: NetworkChange,
    ): Promise<void> =>
        byUuid(connection, uuid, async (network) => {
            const what = [commands[command], sections[section], parent ?? -1, xml, affectLive];
            await connection.number("virNetworkUpdate", network, ...what);
        }),
};

export async function record(connection: Connection, network: Handle): Promise<NetworkRecord> {
    const buffer = Buffer.alloc(37); // VIR_UUID_STRING_BUFLEN
    libvirt().virNetworkGetUUIDString(network, buffer);
    return {
        name: libvirt().virNetworkGetName(network) as string,
        uuid: buffer.toString("latin1", 0, 36),
        active: (await connection.number("virNetworkIsActive", network)) === 1,
        xml: await connection.text("virNetworkGetXMLDesc", network, 0),
    };
}

async function details(connection: Connection, network: Handle): Promise<NetworkDetails> {
    const found = await record(connection, network);
    const persistent = (await connection.number("virNetworkIsPersistent", network)) === 1;
    const autostart: [number] = [0];
    if (persistent) await connection.number("virNetworkGetAutostart", network, autostart);
    return {
        ...found,
        persistent,
        autostart: autostart[0] === 1,
        inactiveXml: persistent ? await connection.text("virNetworkGetXMLDesc", network, inactive) : found.xml,
    };
}

/** Start or stop a network; libvirt refuses what is done already. */
async function act(
    connection: Connection,
    network: Handle,
    call: "virNetworkCreate" | "virNetworkDestroy",
    reached: 0 | 1,
): Promise<void> {
    try {
        await connection.number(call, network);
    } catch (error) {
        if (!(error instanceof CallFailed) || error.code !== operationInvalid) throw error;
        if ((await connection.number("virNetworkIsActive", network)) !== reached) throw error;
    }
}

async function unlessGone(work: Promise<void>): Promise<void> {
    await work.catch((error: unknown) => {
        if (!(error instanceof CallFailed) || error.code !== noNetwork) throw error;
    });
}
