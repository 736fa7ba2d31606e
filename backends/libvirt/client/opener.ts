import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

import { CallFailed, Connection, invoke, readError } from "./connection";
import { type Handle, libvirt } from "./ffi";

type Opened = { handle: Handle } | { error: { code: number; domain: number; message: string } };

/** Opens a connection without a thread of its own; why one could not be opened is asked in a second try. */
export async function open(uri: string): Promise<Connection> {
    const handle = (await invoke("virConnectOpen", uri)) as Handle | null;
    return new Connection(handle ?? (await openInThread(uri)));
}

/**
 * There is no connection yet to keep the error, and libvirt's other place is the thread that failed:
 * so this try runs, and is asked, in a thread of its own. Pointers are the process's.
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
