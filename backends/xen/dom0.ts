import { open, rename, rm } from "node:fs/promises";

import { UnikernelError } from "../../model";
import { localShell } from "../libvirt/localShell";
import { localXenstore } from "./socket";
import type { Xenstore } from "./xenstore";

export interface Tail {
    path: string;
    size: number;
    text: string;
}

/** Operations in dom0 for which libvirt has no call. Errors are UnikernelErrors. */
export interface Dom0 {
    xenstore: Xenstore;
    /**
     * Return the last bytes of the first of these files that exists and is readable, and that file's total size in
     * bytes.
     */
    tail(bytes: number, ...paths: string[]): Promise<Tail | undefined>;
    /**
     * The same; of a file of the known size, the text may be left out. Left out: `tail` reads it in any case.
     */
    tailUnless?(known: number | undefined, bytes: number, ...paths: string[]): Promise<Tail | undefined>;
    /** Rename files. Succeeds for a missing file. */
    rename(...pairs: [from: string, to: string][]): Promise<void>;
    /** Remove files. Succeeds for a missing file. */
    remove(...paths: string[]): Promise<void>;
    /** Run a short sh script with `set -eu`; the words are $1, $2 … @returns its output */
    run(script: string, words: string[]): Promise<string>;
}

/** dom0 on this machine. A file that permissions forbid is skipped: these are the host's own logs. */
export const localDom0: Dom0 = {
    xenstore: localXenstore(),
    tail: async (bytes, ...paths) => {
        for (const path of paths) {
            const end = await tail(path, bytes);
            if (end) return { path, ...end };
        }
        return undefined;
    },
    rename: async (...pairs) => {
        for (const [from, to] of pairs) await rename(from, to).catch(ifDenied);
    },
    remove: async (...paths) => {
        for (const path of paths) await rm(path, { force: true }).catch(ifDenied);
    },
    run: async (script, words) => {
        try {
            return await localShell(script, words);
        } catch (error) {
            const { stderr, message } = error as Error & { stderr?: string };
            throw new UnikernelError("program-failed", stderr?.trim() || message, { cause: error });
        }
    },
};

async function tail(path: string, bytes: number): Promise<Omit<Tail, "path"> | undefined> {
    const file = await open(path).catch(ifDenied);
    if (!file) return undefined;
    try {
        const { size } = await file.stat();
        const { buffer, bytesRead } = await file.read(
            Buffer.alloc(Math.min(bytes, size)),
            0,
            Math.min(bytes, size),
            Math.max(0, size - bytes),
        );
        return { size, text: buffer.toString("utf8", 0, bytesRead) };
    } finally {
        await file.close();
    }
}

function ifDenied(error: NodeJS.ErrnoException): undefined {
    if (!["ENOENT", "ENOTDIR", "EACCES", "EPERM"].includes(error.code ?? "")) throw error;
    return undefined;
}

/** The dom0 of a connection that offers libvirt but no shell. */
export const libvirtAlone: Dom0 = {
    xenstore: () => refuseDom0("dom0's xenstore"),
    tail: async () => undefined,
    rename: async () => undefined,
    remove: async () => undefined,
    run: () => refuseDom0("dom0"),
};

async function refuseDom0(where: string): Promise<never> {
    throw new UnikernelError("unsupported", `this connection reaches libvirt only, not ${where}`, {
        property: "connection",
        hint: "set sshTarget, use xen+ssh://, or run this on the host itself",
    });
}
