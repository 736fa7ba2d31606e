import type { DomainHistory } from "../host";
import { CallFailed, type Connection } from "./connection";
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
