import { CallFailed, type Connection } from "./connection";
import type { ConnectionFacts, NodeFacts } from "./protocol";

export const hostMethods = {
    async connectionFacts(connection: Connection): Promise<ConnectionFacts> {
        const { handle } = connection;
        const library = [0],
            hypervisor = [0];
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

    async nodeFacts(connection: Connection): Promise<NodeFacts> {
        const info: { memory?: number | bigint; cpus?: number } = {};
        await connection.number("virNodeGetInfo", connection.handle, info);
        const processors = Number(info.cpus);
        const { total, free, buffers = 0, cached = 0 } = await memoryStatistics(connection);
        if (total !== undefined && free !== undefined)
            return { memoryKib: total, freeKib: free, availableKib: free + buffers + cached, processors };
        const freeKib = Math.floor((await connection.positive("virNodeGetFreeMemory", connection.handle)) / 1024);
        return { memoryKib: Number(info.memory), freeKib, availableKib: freeKib, processors };
    },

    domainCapabilities: (
        connection: Connection,
        _progress: unknown,
        virttype: string,
        machine: string,
    ): Promise<string> =>
        connection.text("virConnectGetDomainCapabilities", connection.handle, null, "x86_64", machine, virttype, 0),
};

/** VIR_NODE_MEMORY_STATS_ALL_CELLS (libvirt-host.h). */
const allCells = -1;
/**
 * virNodeMemoryStats (libvirt-host.h): char field[VIR_NODE_MEMORY_STATS_FIELD_LENGTH = 80], unsigned long long value.
 */
const fieldLength = 80,
    statisticLength = fieldLength + 8;
const noSupport = 3; // virErrorNumber

/**
 * Return the host's memory statistics in KiB, by libvirt's names (`total`, `free`, …). Empty where the driver has none
 * (libxl). virNodeGetInfo adds up the NUMA cells as they were at boot, without memory that was plugged in later; these
 * statistics come from the running kernel.
 */
async function memoryStatistics(connection: Connection): Promise<Record<string, number>> {
    const count = [0];
    try {
        await connection.number("virNodeGetMemoryStats", connection.handle, allCells, null, count, 0);
        const statistics = Buffer.alloc(count[0]! * statisticLength);
        await connection.number("virNodeGetMemoryStats", connection.handle, allCells, statistics, count, 0);
        return Object.fromEntries(
            Array.from({ length: count[0]! }, (_, index) => {
                const at = index * statisticLength;
                const [name = ""] = statistics.toString("latin1", at, at + fieldLength).split("\0");
                return [name, Number(statistics.readBigUInt64LE(at + fieldLength))];
            }),
        );
    } catch (error) {
        if (error instanceof CallFailed && error.code === noSupport) return {};
        throw error;
    }
}
