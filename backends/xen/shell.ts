import type { Dom0 } from "./dom0";
import { leastReply } from "./wire";
import type { Xenstore } from "./xenstore";

/** A shell of dom0 on another machine. */
export interface RemoteShell {
    /** Runs a script of sh with the words as $1, $2 …, all of them by its standard input: no command line shows a word. @returns what it printed */
    run(script: string, words: string[]): Promise<string>;
}

/**
 * The kernel's own way to xenstore is a device that speaks the wire protocol, so that builtins of sh and od will do: no
 * program has the value on its command line, and none of Xen's has to be there. Each word is the length that a reply has
 * at least, and the message; bytes 12 and 13 of a reply are the length of what follows its header. A refusal (type 16) ends it.
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

/** For printf, which then has nothing to interpret. */
function octal(bytes: Buffer): string {
    return [...bytes].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
}

/** bytes path…: prints the first path that there is and the length of that file, a line each, and then its end. */
const TAIL = `
bytes=$1
shift
for path do
    [ -r "$path" ] || continue
    printf '%s\\n%d\\n' "$path" "$(wc -c < "$path")"
    [ "$bytes" = 0 ] || tail -c "$bytes" -- "$path"
    exit
done`;

/** from to …, in pairs. */
const RENAME = `while [ $# != 0 ]; do [ ! -e "$1" ] || mv -f -- "$1" "$2"; shift 2; done`;
const REMOVE = `for path do [ ! -e "$path" ] || rm -f -- "$path"; done`;

/** dom0 as its shell shows it. */
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
