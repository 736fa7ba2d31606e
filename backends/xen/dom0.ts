import { open, rename, rm } from "node:fs/promises";

import { UnikernelError } from "../../spec";
import { localXenstore } from "./socket";
import type { Xenstore } from "./xenstore";

/** What is done in dom0 itself, since libvirt has no call for it. Errors are UnikernelErrors. */
export interface Dom0 {
    xenstore: Xenstore;
    /** The last bytes of a file; undefined when it is not there, or may not be read. */
    tail(path: string, bytes: number): Promise<string | undefined>;
    /** Missing is success. */
    rename(from: string, to: string): Promise<void>;
    /** Missing is success. */
    remove(path: string): Promise<void>;
}

/** This machine is dom0. What somebody else's permissions forbid is left as it is: these are the host's own logs. */
export const localDom0: Dom0 = {
    xenstore: localXenstore(),
    tail: async (path, bytes) => {
        const file = await open(path).catch(ifDenied);
        if (!file) return undefined;
        try {
            const { size } = await file.stat();
            const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(bytes, size)), 0, Math.min(bytes, size), Math.max(0, size - bytes));
            return buffer.toString("utf8", 0, bytesRead);
        } finally {
            await file.close();
        }
    },
    rename: (from, to) => rename(from, to).catch(ifDenied),
    remove: (path) => rm(path, { force: true }).catch(ifDenied),
};

function ifDenied(error: NodeJS.ErrnoException): undefined {
    if (!["ENOENT", "ENOTDIR", "EACCES", "EPERM"].includes(error.code ?? "")) throw error;
    return undefined;
}

/** Whoever comes by another way than ssh has libvirt alone. */
export const libvirtAlone: Dom0 = {
    xenstore: async () => {
        throw new UnikernelError("unsupported", "this connection leads to libvirt alone, not to dom0's xenstore", { property: "connection", hint: "set sshTarget, use xen+ssh://, or run this on the host itself" });
    },
    tail: async () => undefined,
    rename: async () => undefined,
    remove: async () => undefined,
};
