import type { Dom0 } from "./dom0";
import type { Xenstore } from "./xenstore";

/** A shell of dom0 on another machine. */
export interface RemoteShell {
    /** Runs a script of sh with the words as $1, $2 …, all of them by its standard input: no command line shows a word. @returns what it printed */
    run(script: string, words: string[]): Promise<string>;
}

/**
 * The kernel's own way to xenstore is a device that speaks the wire protocol, so that builtins of sh and dd will do: no
 * program has the value on its command line, and none of Xen's has to be there. A refusal (type 16) ends it.
 */
const EXCHANGE = `
bus=/dev/xen/xenbus; [ -e "$bus" ] || bus=/proc/xen/xenbus
[ -e "$bus" ] || { echo "there is no $bus: this is not dom0, or xenfs is missing" >&2; exit 1; }
exec 3<>"$bus"
for message do
    printf "$message" >&3
    reply=$(dd bs=8192 count=1 <&3 2>/dev/null | od -An -v -t x1)
    printf '%s\\n\\n' "$reply"
    case $reply in " 10 00 00 00"*) break;; esac
done`;

export function remoteXenstore(shell: RemoteShell): Xenstore {
    return async (messages) => {
        const said = await shell.run(EXCHANGE, messages.map(octal));
        return said.split("\n\n").map((reply) => reply.replaceAll(/\s/g, "")).filter(Boolean).map((reply) => Buffer.from(reply, "hex"));
    };
}

/** For printf, which then has nothing to interpret. */
function octal(bytes: Buffer): string {
    return [...bytes].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
}

/** Prints nothing of a file that is not there, else a line before its end: an empty file is not a missing one. */
const TAIL = `[ -e "$1" ] || exit 0; echo there; tail -c "$2" -- "$1"`;

/** dom0 as its shell shows it. */
export function remoteDom0(shell: RemoteShell): Dom0 {
    return {
        xenstore: remoteXenstore(shell),
        tail: async (path, bytes) => {
            const said = await shell.run(TAIL, [path, String(bytes)]);
            return said.startsWith("there\n") ? said.slice("there\n".length) : undefined;
        },
        rename: async (from, to) => { await shell.run(`[ ! -e "$1" ] || mv -f -- "$1" "$2"`, [from, to]); },
        remove: async (path) => { await shell.run(`rm -f -- "$1"`, [path]); },
    };
}
