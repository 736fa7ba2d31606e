import type { Dom0 } from "./dom0";
import { leastReply } from "./wire";
import type { Xenstore } from "./xenstore";

/** A shell of dom0 on another machine. */
export interface RemoteShell {
    /**
     * Run an sh script with the words as $1, $2 … All go over standard input, so that no command line shows a word.
     * @returns its output
     */
    run(script: string, words: string[]): Promise<string>;
}

/**
 * The kernel's xenstore device speaks the wire protocol, so builtins of sh and od suffice: no command line shows the
 * value, and none of Xen's programs is needed. Each word is the minimum length of the reply, and the message. Bytes 12
 * and 13 of a reply are the length of its payload. A refusal (type 16) ends the exchange.
 */
const EXCHANGE = `
bus=/dev/xen/xenbus; [ -e "$bus" ] || bus=/proc/xen/xenbus
[ -e "$bus" ] || { echo "there is no $bus: this is not dom0, or xenfs is missing" >&2; exit 1; }
exec 3<>"$bus"
for each do
    least=\${each%%:*}
    printf "\${each#*:}" >&3
    reply=$(od -An -v -t x1 -N "$least" <&3)
    set -- $reply
    rest=$((0x\${13} + 256 * 0x\${14} + 16 - least))
    [ "$rest" = 0 ] || reply="$reply $(od -An -v -t x1 -N "$rest" <&3)"
    printf '%s\\n\\n' "$reply"
    [ "$1" != 10 ] || break
done`;

export function remoteXenstore(shell: RemoteShell): Xenstore {
    return async (messages) => {
        const said = await shell.run(
            EXCHANGE,
            messages.map((message) => `${leastReply(message)}:${octal(message)}`),
        );
        return said
            .split("\n\n")
            .map((reply) => reply.replaceAll(/\s/g, ""))
            .filter(Boolean)
            .map((reply) => Buffer.from(reply, "hex"));
    };
}

/** Escape every byte in octal, so that printf interprets none. */
function octal(bytes: Buffer): string {
    return [...bytes].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
}

/**
 * Arguments: bytes path… Print the first readable path and its file's size, one line each, and then the end of the
 * file.
 */
const TAIL = `
bytes=$1
shift
for path do
    [ -r "$path" ] || continue
    printf '%s\\n%d\\n' "$path" "$(wc -c < "$path")"
    [ "$bytes" = 0 ] || tail -c "$bytes" -- "$path"
    exit
done`;

/** Arguments: pairs of from and to. */
const RENAME = `while [ $# != 0 ]; do [ ! -e "$1" ] || mv -f -- "$1" "$2"; shift 2; done`;
const REMOVE = `for path do [ ! -e "$path" ] || rm -f -- "$path"; done`;

/** Return a dom0 that is reached by a shell. */
export function remoteDom0(shell: RemoteShell): Dom0 {
    return {
        xenstore: remoteXenstore(shell),
        tail: async (bytes, ...paths) => {
            const said = await shell.run(TAIL, [String(bytes), ...paths]);
            const path = paths.find((one) => said.startsWith(`${one}\n`));
            if (path === undefined) return undefined;
            const end = said.indexOf("\n", path.length + 1);
            return { path, size: Number(said.slice(path.length + 1, end)), text: said.slice(end + 1) };
        },
        rename: async (...pairs) => {
            await shell.run(RENAME, pairs.flat());
        },
        remove: async (...paths) => {
            await shell.run(REMOVE, paths);
        },
        run: (script, words) => shell.run(script, words),
    };
}
