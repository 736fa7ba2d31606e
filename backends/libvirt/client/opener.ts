import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

import { CallFailed, Connection, invoke, readError } from "./connection";
import { type Handle, libvirt } from "./ffi";
import { isRemote, parseUri } from "./uri";

type Opened = { handle: Handle } | { error: { code: number; domain: number; message: string } };

/** Open a connection without a thread of its own. After a failure, a second attempt finds the reason. */
export async function open(uri: string): Promise<Connection> {
    const handle = (await invoke("virConnectOpen", uri)) as Handle | null;
    return new Connection(handle ?? (await openInThread(uri)), isRemote(uri), parseUri(uri).driver === "xen");
}

/**
 * Open a connection in a worker thread. Without a connection, libvirt keeps the error only for the thread that failed,
 * so the attempt and the query of its error run in the same thread. Pointers are valid in the whole process.
 */
function openInThread(uri: string): Promise<Handle> {
    return new Promise((resolve, reject) => {
        const worker = new Worker(__filename, { workerData: { uri } });
        worker.once("message", (opened: Opened) => {
            if ("handle" in opened) resolve(opened.handle);
            else reject(new CallFailed({ kind: "libvirt", ...opened.error, connecting: true, lost: true }));
        });
        worker.once("error", reject);
    });
}

if (!isMainThread && parentPort) {
    const handle = libvirt().virConnectOpen((workerData as { uri: string }).uri) as Handle | null;
    const opened: Opened =
        handle === null ? { error: readError(libvirt().virGetLastError() as Handle | null) } : { handle };
    parentPort.postMessage(opened);
}
