import { type ErrorCode, UnikernelError } from "../../spec";

/** xsd_sockmsg_type (xen/include/public/io/xs_wire.h). */
const TYPES = { read: 2, write: 11, mkdir: 12, setPermissions: 14 } as const;
const ERROR = 16;
const HEADER = 16;
/** XENSTORE_PAYLOAD_MAX: the daemon hangs up on who sends more. */
const LONGEST = 4096;

export interface Request {
    type: keyof typeof TYPES;
    path: string;
    rest?: string;
}

/** One message of xenstore's wire protocol (docs/misc/xenstore.txt), outside of any transaction. */
export function encodeRequest({ type, path, rest = "" }: Request): Buffer {
    const payload = Buffer.from(`${path}\0${rest}`);
    if (payload.length > LONGEST) {
        throw new UnikernelError(
            "invalid",
            `${path} and its value are ${payload.length} bytes together; xenstore takes at most ${LONGEST}`,
        );
    }
    const header = Buffer.alloc(HEADER);
    header.writeUInt32LE(TYPES[type], 0);
    header.writeUInt32LE(payload.length, 12);
    return Buffer.concat([header, payload]);
}

/** Bytes of the first whole message; undefined while there is none. Throws where its length is none that xenstore sends: to wait for all of it would keep up to 4 GiB. */
export function messageLength(bytes: Buffer): number | undefined {
    if (bytes.length < HEADER) return undefined;
    const length = HEADER + bytes.readUInt32LE(12);
    if (length > HEADER + LONGEST) {
        throw new UnikernelError(
            "program-failed",
            `found a message of ${length - HEADER} bytes; expected at most ${LONGEST}, as xenstore sends them`,
        );
    }
    return bytes.length < length ? undefined : length;
}

/** Bytes of the shortest reply to a message: a header, and for all but a read at least `OK`; a refusal is longer. */
export function leastReply(message: Buffer): number {
    return message.readUInt32LE(0) === TYPES.read ? HEADER : HEADER + "OK\0".length;
}

/** The daemon refused: what was to follow is not to be sent. */
export function isRefusal(reply: Buffer): boolean {
    return reply.length >= HEADER && reply.readUInt32LE(0) === ERROR;
}

/** Names of errno values, as the daemon writes them; the others say nothing that a caller could use. */
const CODES: Record<string, ErrorCode> = {
    ENOENT: "not-found",
    EACCES: "permission",
    EPERM: "permission",
    ENOSPC: "no-space",
    E2BIG: "invalid",
};

/** What the daemon answered. Throws its refusal, `not-found` where the key is not there. */
export function decodeReply(reply: Buffer, { type, path }: Request): string {
    const text = reply.toString("utf8", HEADER);
    const answered = reply.length >= HEADER ? reply.readUInt32LE(0) : undefined;
    if (answered === TYPES[type]) return text;
    if (answered !== ERROR)
        throw new UnikernelError(
            "internal",
            `xenstore: no answer to ${type} of ${path} but ${reply.toString("hex", 0, HEADER) || "nothing"}`,
        );
    const name = text.replace(/\0.*$/s, "");
    throw new UnikernelError(CODES[name] ?? "program-failed", `xenstore: ${type} of ${path}: ${name}`);
}
