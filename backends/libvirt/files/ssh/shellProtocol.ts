import { quoted, UnikernelError } from "../../../../model";

/**
 * The command for the remote login shell: constant, and without characters that sh, csh and fish interpret differently.
 * It reads the script from its standard input, where data may follow. So it must not read a byte more, and reads single
 * bytes with a dd that does not support full blocks.
 */
export const REMOTE_COMMAND =
    "exec sh -c 'read -r n && eval \"$(dd bs=$n count=1 iflag=fullblock 2>/dev/null || dd bs=1 count=$n 2>/dev/null)\"'";

/** Separates our output from that of the login shell before it. */
export const MARK = "pulumi-unikernel:begin";

/** Quote a word for sh (POSIX, Shell Command Language, 2.2.2). */
export function quote(word: string): string {
    if (word.includes("\0")) throw new UnikernelError("internal", "a word for a shell holds a zero byte");
    return quoted(word);
}

/** Encode a script and its words ($1, $2 …) for REMOTE_COMMAND. */
export function encodeProgram(script: string, words: string[]): Buffer {
    const text = Buffer.from(`set -- ${words.map(quote).join(" ")}\n${PROLOGUE}\n${script}`);
    return Buffer.concat([Buffer.from(`${text.length}\n`), text]);
}

/** Encode the definition of a script that SERVE keeps under a name until the connection ends. */
export function encodeDefinition(name: string, script: string): Buffer {
    const text = Buffer.from(`${name}() {\n${script}\n:\n}`);
    return Buffer.concat([Buffer.from(`- 0 ${text.length}\n`), text]);
}

/** Encode a call of such a script for SERVE, with up to INLINE bytes for the script's standard input. */
export function encodeCall(nonce: string, name: string, words: string[], data: Uint8Array): Buffer {
    const call = [name, ...words.map(quote)].join(" ");
    // The shell reads a line byte by byte, but needs no extra process.
    const inline = call.length < LINE && !call.includes("\n");
    const head = `${nonce} ${data.length} ${inline ? 0 : Buffer.byteLength(call)}${inline ? ` ${call}` : ""}\n`;
    return Buffer.concat([Buffer.from(head), Buffer.from(inline ? "" : call), data]);
}

const LINE = 1500;

/**
 * Bytes of one read of dd, and of a pipe's buffer (pipe(7)): so a script that does not read its input leaves no rest.
 */
export const INLINE = 65536;

const PROLOGUE = `
set -eu
LC_ALL=C; export LC_ALL
umask 077
there() { # else: it is not there, or an error that is not ours to guess
    [ -e "$1" ] && return
    said=$(stat -c %F -- "$1" 2>&1) && return
    case $said in *"No such file or directory"*) ;; *) printf '%s\\n' "$said" >&2; exit 1;; esac
    up=$1
    while up=\${up%/*}; [ -n "$up" ] && [ ! -e "$up" ]; do
        if [ -L "$up" ]; then printf '%s is a link that leads nowhere\\n' "$up" >&2; exit 1; fi
        case $up in */*) ;; *) break;; esac
    done
    return 1
}
enter() { # a folder that can be listed; one that was removed where it is mounted from reads as an empty one
    if [ ! -e "$1" ]; then printf '%s is a link that leads nowhere\\n' "$1" >&2; exit 1; fi
    cd -- "$1"
    if [ ! -r . ]; then printf '%s: Permission denied\\n' "$1" >&2; exit 1; fi
    if [ "$(stat -c %h .)" = 0 ]; then printf '%s was removed where it is mounted from\\n' "$1" >&2; exit 1; fi
}
startof() { # start: of a process, 0 when there is none or only its corpse
    start=0
    { read -r stat < "/proc/$1/stat"; } 2>/dev/null || return 0
    set -- \${stat##*) }
    case $1 in Z|X) ;; *) start=\${20};; esac
}
machine=; boot=; host=
{ read -r machine < /etc/machine-id; } 2>/dev/null || :
{ read -r boot < /proc/sys/kernel/random/boot_id; } 2>/dev/null || :
{ read -r host < /proc/sys/kernel/hostname; } 2>/dev/null || :
machine=\${machine%"\${machine#????????}"}; boot=\${boot%"\${boot#????????}"}; host=\${host%%.*}
case $host in *[!A-Za-z0-9-]*) host=;; esac
case $machine in ????????) ;; *) machine=0;; esac
case $boot in ????????) ;; *) boot=0;; esac
space=$(readlink /proc/self/ns/pid 2>/dev/null) || space=0
space=\${space#*[}; space=\${space%]}
dead() { # the writer of a temporary file .NAME.WRITER.part (unfinished.ts) is gone
    [ -f "$1" ] || return 1
    left=\${1%.part}; left=\${left##*.}
    case $left in
        *~*~*~*~*~*~*) ;;
        *[!0-9]*) return 1;;
        *) case $(cat "/proc/$left/stat" 2>/dev/null) in
            "") ! kill -0 "$left" 2>/dev/null;;
            *") Z "*) ;;
            *) return 1;;
        esac; return;;
    esac
    left=\${left%~*}; its=\${left##*~}
    left=\${left%~*}; pid=\${left##*~}
    left=\${left%~*}; spaces=\${left##*~}
    left=\${left%~*}; boots=\${left##*~}
    left=\${left%~*}
    if [ "$boots~$spaces" = "$boot~$space" ]; then startof "$pid"; [ "$start" != "$its" ]
    elif [ "$boots" != "$boot" ] && [ "$left" = "$host~$machine" ] && [ "$machine" != 0 ]; then return 0
    else [ "$(($(date +%s) - $(stat -c %Y -- "$1")))" -gt 3600 ]
    fi
}
sweep() {
    for old in "$1"/.*.part; do if dead "$old"; then rm -f -- "$old"; fi; done
}
empty() { for any in "$1"/*; do [ ! -e "$any" ]; return; done; }
tidy() { # what no guest uses any more
    [ -d "$1" ] || return 0
    stat -c '%h %n' -- "$1"/* 2>/dev/null | while read -r links file; do
        if [ "$links" = 1 ]; then rm -f -- "$file"; fi
    done
    if empty "$1"; then rmdir -- "$1" 2>/dev/null || :; fi
}
printf '\\n%s\\n' ${MARK}`;

/**
 * base or "". Prints uid, whether its folder is writable (yes, no), and base. Then it runs the calls from its standard
 * input until that ends, and after each prints NONCE CODE, and NONCE on standard error. It uses few processes, because
 * each takes a tenth of a second on an emulated host.
 */
export const SERVE = `
if ! dd if=/dev/null of=/dev/null iflag=fullblock oflag=seek_bytes conv=notrunc,sparse 2>/dev/null || ! stat -c '%s %Y' -- / >/dev/null 2>&1; then
    echo "its dd and stat are not those of GNU coreutils" >&2
    exit 1
fi
base=$1
[ -n "$base" ] || base=\${XDG_DATA_HOME:-$HOME/.local/share}/pulumi-unikernel
near=$base
while [ ! -e "$near" ]; do near=$(dirname -- "$near"); done
if [ -d "$near" ] && [ -w "$near" ] && [ -x "$near" ]; then free=yes; else free=no; fi
printf '%s\\n' "$(id -u) $free $base"
set +e
while read -r nonce size length call; do
    [ "$length" = 0 ] || call=$(dd bs="$length" count=1 iflag=fullblock 2>/dev/null)
    if [ "$nonce" = - ]; then eval "$call"; continue; fi
    if [ "$size" = 0 ]; then (set -e; eval "$call") < /dev/null
    else dd bs=${INLINE} count="$size" iflag=fullblock,count_bytes 2>/dev/null | (set -e; eval "$call"); fi
    code=$?
    printf '\\n%s %s\\n' "$nonce" "$code"
    printf '\\n%s\\n' "$nonce" >&2
done`;
