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

    domainCapabilities: (connection: Connection, _progress: unknown, virttype: string, machine: string): Promise<string> =>
        connection.text("virConnectGetDomainCapabilities", connection.handle, null, "x86_64", machine, virttype, 0),
};
