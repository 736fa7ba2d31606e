import { hasCode } from "../../model";
import { decodeReply, encodeRequest, type Request } from "./wire";

/**
 * Sends messages to a host's xenstore daemon, each after the previous one succeeded.
 * @returns the answers; a refusal is the last
 */
export type Xenstore = (messages: Buffer[]) => Promise<Buffer[]>;

/** Return the path of a key in a domain's own folder (docs/misc/xenstore-paths.pandoc). */
const pathOf = (id: number, key: string): string => `/local/domain/${id}/${key}`;

/**
 * Write a key into a domain's own folder. Only that domain and dom0 can ever read it: the empty node gets its
 * permissions before the value (docs/misc/xenstore.txt, SET_PERMS: the first entry is the owner and the rights of all
 * others).
 */
export async function writeGuestKey(xenstore: Xenstore, id: number, key: string, value: string): Promise<void> {
    const path = pathOf(id, key);
    const requests: Request[] = [
        { type: "mkdir", path },
        { type: "setPermissions", path, rest: `n0\0r${id}\0` },
        { type: "write", path, rest: value },
    ];
    await ask(xenstore, requests);
}

/** Read a key of a domain's own folder; undefined when it does not exist. */
export async function readGuestKey(xenstore: Xenstore, id: number, key: string): Promise<string | undefined> {
    try {
        return (await ask(xenstore, [{ type: "read", path: pathOf(id, key) }]))[0] || undefined;
    } catch (error) {
        if (hasCode(error, "not-found")) return undefined;
        throw error;
    }
}

/**
 * Return the time at which libxl built a domain, in seconds since 1970 by dom0's clock; undefined where there is no such
 * key (libxl_dom.c, libxl__build_post: start_time, beside what xl uptime reads).
 */
export async function readStartTime(xenstore: Xenstore, uuid: string): Promise<number | undefined> {
    try {
        const [text = ""] = await ask(xenstore, [{ type: "read", path: `/vm/${uuid}/start_time` }]);
        return /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
    } catch (error) {
        if (hasCode(error, "not-found")) return undefined;
        throw error;
    }
}

/**
 * Ask a domain to power off (docs/misc/xenstore-paths.pandoc, ~/control/shutdown). libxl writes the same key, but then
 * waits up to a minute for the guest's acknowledgement, during which libvirt blocks every other call for the domain.
 */
export async function powerOff(xenstore: Xenstore, id: number): Promise<void> {
    await ask(xenstore, [{ type: "write", path: pathOf(id, "control/shutdown"), rest: "poweroff" }]);
}

async function ask(xenstore: Xenstore, requests: Request[]): Promise<string[]> {
    const replies = await xenstore(requests.map(encodeRequest));
    // A refusal throws here, before the missing answers after it.
    return requests.map((request, index) => decodeReply(replies[index] ?? Buffer.alloc(0), request));
}
