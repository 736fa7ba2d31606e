import { hasCode } from "../../spec";
import { decodeReply, encodeRequest, type Request } from "./wire";

/** Sends messages to a host's xenstore daemon, each when the one before was granted. @returns the answers; a refusal is the last */
export type Xenstore = (messages: Buffer[]) => Promise<Buffer[]>;

/** Where xenstore keeps what a domain is told (docs/misc/xenstore-paths.pandoc). */
const pathOf = (id: number, key: string): string => `/local/domain/${id}/${key}`;

/**
 * Writes a key into a domain's own folder. Nobody but that domain and dom0 reads it, at any time: the empty node gets its
 * permissions before it gets the value (docs/misc/xenstore.txt, SET_PERMS: the first entry is the owner and everybody else's rights).
 */
export async function tell(xenstore: Xenstore, id: number, key: string, value: string): Promise<void> {
    const path = pathOf(id, key);
    const requests: Request[] = [
        { type: "mkdir", path },
        { type: "setPermissions", path, rest: `n0\0r${id}\0` },
        { type: "write", path, rest: value },
    ];
    await ask(xenstore, requests);
}

/** What a domain was told; undefined when it was not. */
export async function told(xenstore: Xenstore, id: number, key: string): Promise<string | undefined> {
    try {
        return (await ask(xenstore, [{ type: "read", path: pathOf(id, key) }]))[0] || undefined;
    } catch (error) {
        if (hasCode(error, "not-found")) return undefined;
        throw error;
    }
}

/**
 * Asks a domain to end (docs/misc/xenstore-paths.pandoc, ~/control/shutdown). libxl writes the same, but then waits a
 * minute for the guest to take note of it, in which libvirt keeps everybody away from the domain.
 */
export async function powerOff(xenstore: Xenstore, id: number): Promise<void> {
    await ask(xenstore, [{ type: "write", path: pathOf(id, "control/shutdown"), rest: "poweroff" }]);
}

async function ask(xenstore: Xenstore, requests: Request[]): Promise<string[]> {
    const replies = await xenstore(requests.map(encodeRequest));
    // A refusal throws here, before the answers that did not come.
    return requests.map((request, index) => decodeReply(replies[index] ?? Buffer.alloc(0), request));
}
