import type { Dom0, Tail } from "./dom0";
import { isRead, leastReply, numbered, replyTo } from "./wire";
import type { Xenstore } from "./xenstore";

/** A shell of dom0 on another machine. */
export interface RemoteShell {
    /**
     * Run an sh script with the words as $1, $2 … All go over standard input, so that no command line shows a word.
     * @returns its output
     */
    run(script: string, words: string[]): Promise<string>;
    /**
     * Ask one of many questions that one script answers: its words are, for each question, the number of words and the
     * words; `$nonce` is printed on a line of its own after each answer, or once at the end.
     * @returns the output for all, as latin1 text; undefined: ask on your own
     */
    question?(script: string, words: string[]): Promise<{ out: string; index: number; nonce: string } | undefined>;
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

/**
 * The same for many messages that change nothing and are sent at once, each with a number of its own. One read may
 * return several replies, so that few processes suffice.
 */
const EXCHANGE_EACH = `
bus=/dev/xen/xenbus; [ -e "$bus" ] || bus=/proc/xen/xenbus
exec 3<>"$bus"
sent=0
while [ $# != 0 ]; do
    printf "$2" >&3
    sent=$((sent + 1))
    shift 2
done
heard=
while :; do
    heard="$heard $(dd bs=65536 count=1 2>/dev/null <&3 | od -An -v -t x1)"
    set -- $heard
    whole=0
    while [ $# -ge 16 ]; do
        length=$((0x\${13} + 256 * 0x\${14} + 16))
        [ $# -ge $length ] || break
        shift $length
        whole=$((whole + 1))
    done
    [ $whole -lt $sent ] || break
done
printf '%s\\n' "$heard"`;

let nextNumber = 1;

export function remoteXenstore(shell: RemoteShell): Xenstore {
    return async (messages) => {
        const [first] = messages;
        if (first && messages.length === 1 && isRead(first) && shell.question) {
            const number = nextNumber++ >>> 0;
            const answers = await shell.question(EXCHANGE_EACH, [octal(numbered(first, number))]);
            const reply = answers && replyTo(number, Buffer.from(answers.out.replaceAll(/\s/g, ""), "hex"));
            if (reply) return [reply];
        }
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

/**
 * The same for many guests, by questions: bytes known path… One process asks for the size of all files. The end of a
 * file of the known size is left out. A path must have no quote.
 */
const TAIL_EACH = `
guests= paths=
while [ $# != 0 ]; do
    left=$(($1 - 2)) bytes=$2 known=$3 chosen=
    shift 3
    while [ $left != 0 ]; do
        if [ -z "$chosen" ] && [ -r "$1" ]; then chosen=$1; fi
        shift
        left=$((left - 1))
    done
    guests="$guests '$bytes' '$known' '$chosen'"
    [ -z "$chosen" ] || paths="$paths '$chosen'"
done
sizes=
[ -z "$paths" ] || sizes=$(eval "stat -L -c %s -- $paths")
eval "set -- $guests"
while [ $# != 0 ]; do
    if [ -n "$3" ]; then
        size=\${sizes%%[!0-9]*}
        sizes=\${sizes#*[!0-9]}
        printf '%s\\n%d\\n' "$3" "$size"
        [ "$1" = 0 ] || [ "$size" = "$2" ] || tail -c "$1" -- "$3"
    fi
    printf '\\n%s\\n' "$nonce"
    shift 3
done`;

/** Arguments: pairs of from and to. */
const RENAME = `while [ $# != 0 ]; do [ ! -e "$1" ] || mv -f -- "$1" "$2"; shift 2; done`;
const REMOVE = `for path do [ ! -e "$path" ] || rm -f -- "$path"; done`;

/** Return a dom0 that is reached by a shell. */
export function remoteDom0(shell: RemoteShell): Dom0 {
    const tail = async (bytes: number, known: number | undefined, paths: string[]): Promise<Tail | undefined> => {
        const question = paths.some((path) => path.includes("'")) ? undefined : shell.question?.bind(shell);
        const answers = await question?.(TAIL_EACH, [String(bytes), String(known ?? ""), ...paths]);
        const said = answers
            ? Buffer.from(answers.out.split(`\n${answers.nonce}\n`)[answers.index] ?? "", "latin1").toString("utf8")
            : await shell.run(TAIL, [String(bytes), ...paths]);
        const path = paths.find((one) => said.startsWith(`${one}\n`));
        if (path === undefined) return undefined;
        const end = said.indexOf("\n", path.length + 1);
        return { path, size: Number(said.slice(path.length + 1, end)), text: said.slice(end + 1) };
    };
    return {
        xenstore: remoteXenstore(shell),
        tail: (bytes, ...paths) => tail(bytes, undefined, paths),
        tailUnless: (known, bytes, ...paths) => tail(bytes, known, paths),
        rename: async (...pairs) => {
            await shell.run(RENAME, pairs.flat());
        },
        remove: async (...paths) => {
            await shell.run(REMOVE, paths);
        },
        run: (script, words) => shell.run(script, words),
    };
}
