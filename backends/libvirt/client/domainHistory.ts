import type { DomainHistory } from "../host";
import { CallFailed, type Connection, invoke } from "./connection";
import { type Handle, libvirt, takePointers } from "./ffi";

const noSupport = 3; // virErrorNumber

/** Return the names of a domain's snapshots and checkpoints. libxl has neither call. */
export async function domainHistory(connection: Connection, domain: Handle): Promise<DomainHistory> {
    return {
        snapshots: await names(
            connection,
            domain,
            "virDomainListAllSnapshots",
            "virDomainSnapshotGetName",
            "virDomainSnapshotFree",
        ),
        checkpoints: await names(
            connection,
            domain,
            "virDomainListAllCheckpoints",
            "virDomainCheckpointGetName",
            "virDomainCheckpointFree",
        ),
    };
}

/**
 * Return that a domain has no snapshots and checkpoints, where the driver has neither call, as libxl; undefined: ask
 * each alone. Both calls are sent at once, and may be sent with others: each of the others that fails is not taken for
 * this answer, since libvirt keeps the error of the last one only.
 */
export async function historyTogether(connection: Connection, domain: Handle): Promise<DomainHistory | undefined> {
    const lists: List[] = ["virDomainListAllSnapshots", "virDomainListAllCheckpoints"];
    const counts = (await Promise.all(lists.map((list) => invoke(list, domain, null, 0)))) as number[];
    const unsupported = counts.every((count) => count < 0) && connection.failure().code === noSupport;
    return unsupported ? { snapshots: [], checkpoints: [] } : undefined;
}

type List = "virDomainListAllSnapshots" | "virDomainListAllCheckpoints";
type Name = "virDomainSnapshotGetName" | "virDomainCheckpointGetName";
type Free = "virDomainSnapshotFree" | "virDomainCheckpointFree";

async function names(connection: Connection, domain: Handle, list: List, name: Name, free: Free): Promise<string[]> {
    const out: [Handle | null] = [null];
    try {
        const count = await connection.number(list, domain, out, 0);
        const found = takePointers(out[0], count);
        const result = found.map((one) => libvirt()[name](one) as string);
        for (const one of found) libvirt()[free](one);
        return result;
    } catch (error) {
        if (error instanceof CallFailed && error.code === noSupport) return [];
        throw error;
    }
}
