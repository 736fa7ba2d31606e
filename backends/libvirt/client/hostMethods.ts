import type { Connection } from "./connection";
import type { ConnectionFacts } from "./protocol";

export const hostMethods = {
    async connectionFacts(connection: Connection): Promise<ConnectionFacts> {
        const { handle } = connection;
        const library = [0], hypervisor = [0];
        await connection.number("virConnectGetLibVersion", handle, library);
        await connection.number("virConnectGetVersion", handle, hypervisor);
        return {
            uri: await connection.text("virConnectGetURI", handle),
            hostname: await connection.text("virConnectGetHostname", handle),
            libvirtVersion: Number(library[0]),
            hypervisorVersion: Number(hypervisor[0]),
            capabilities: await connection.text("virConnectGetCapabilities", handle),
        };
    },

    async nodeFacts(connection: Connection): Promise<{ memoryKib: number; processors: number; freeBytes: number }> {
        const info: { memory?: number | bigint; cpus?: number } = {};
        await connection.number("virNodeGetInfo", connection.handle, info);
        const freeBytes = await connection.positive("virNodeGetFreeMemory", connection.handle);
        return { memoryKib: Number(info.memory), processors: Number(info.cpus), freeBytes };
    },

    domainCapabilities: (connection: Connection, _progress: unknown, virttype: string, machine: string): Promise<string> =>
        connection.text("virConnectGetDomainCapabilities", connection.handle, null, "x86_64", machine, virttype, 0),
};
