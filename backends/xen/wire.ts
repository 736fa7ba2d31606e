import { type ErrorCode, UnikernelError } from "../../model";

/** xsd_sockmsg_type (xen/include/public/io/xs_wire.h). */
const TYPES = { read: 2, write: 11, mkdir: 12, setPermissions: 14 } as const;
const ERROR = 16;
const HEADER = 16;
/** XENSTORE_PAYLOAD_MAX: the daemon closes a connection that sends more. */
const LONGEST = 4096;

export interface Request {
    type: keyof typeof TYPES;
    path: string;
    rest?: string;
}

/** Encode a message of xenstore's wire protocol (docs/misc/xenstore.txt), outside of any transaction. */
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

/**
 * Return the length of the first complete message; undefined while it is incomplete. Throws for a length that xenstore
 * never sends: waiting for it would buffer up to 4 GiB.
 */
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

/** Return the minimum length of the reply to a message: a header, and `OK` for all but a read; a refusal is longer. */
export function leastReply(message: Buffer): number {
    return message.readUInt32LE(0) === TYPES.read ? HEADER : HEADER + "OK\0".length;
}

/** Return whether a message only reads a key. */
export function isRead(message: Buffer): boolean {
    return message.readUInt32LE(0) === TYPES.read;
}

/** Return a message with a number (req_id in xs_wire.h), which its reply has too. */
export function numbered(message: Buffer, number: number): Buffer {
    const copy = Buffer.from(message);
    copy.writeUInt32LE(number, 4);
    return copy;
}

/** Return the reply to the message with a number; undefined where there is none among these. */
export function replyTo(number: number, replies: Buffer): Buffer | undefined {
    for (let rest = replies; ; ) {
        const length = messageLength(rest);
        if (length === undefined) return undefined;
        if (rest.readUInt32LE(4) === number) return rest.subarray(0, length);
        rest = rest.subarray(length);
    }
}

/** Return whether the daemon refused a message. The messages after it must not be sent. */
export function isRefusal(reply: Buffer): boolean {
    return reply.length >= HEADER && reply.readUInt32LE(0) === ERROR;
}

/** Names of errno values in the daemon's replies; the others are `program-failed`. */
const CODES: Record<string, ErrorCode> = {
    ENOENT: "not-found",
    EACCES: "permission",
    EPERM: "permission",
    ENOSPC: "no-space",
    E2BIG: "invalid",
};

/** Return the daemon's answer. Throws its refusal; `not-found` where the key does not exist. */
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
