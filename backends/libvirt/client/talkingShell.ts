/**
 * libvirt reads the length of a packet from the first four bytes, takes four off, and refuses one that is too large
 * (virNetMessageDecodeLength in virnetmessage.c).
 */
const TOO_LARGE = /packet (-?\d+) bytes received from server too (?:large|small)/;

/** Return the first bytes that came over ssh in place of libvirt's answer, where they are text; else undefined. */
export function printedBefore(message: string): string | undefined {
    const [, length] = TOO_LARGE.exec(message) ?? [];
    if (length === undefined) return undefined;
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE((Number(length) + 4) >>> 0);
    const text = bytes.toString("latin1").replace(/\0+$/, "");
    return text !== "" && /^[\t\n\r\x1b\x20-\x7e\x80-\xff]+$/.test(text)
        ? JSON.stringify(text).slice(1, -1)
        : undefined;
}

/** Return what to do about a remote shell that prints at its start. @param login the ssh command, as typed by hand */
export function silence(login: string): string {
    return `this must print nothing: ${login} true; let the start-up files there (~/.bashrc, ~/.profile, ~/.cshrc) print in terminals only, as by: case $- in *i*) echo hello;; esac`;
}
