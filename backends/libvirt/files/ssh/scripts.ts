import { UnikernelError } from "../../../../spec";

/**
 * What the far side's login shell is given, whichever it is: constant, and without a character that
 * sh, csh and fish read differently. It takes the script from its standard input, which may go on
 * with data: hence one byte at a time.
 */
export const REMOTE_COMMAND = "exec sh -c 'read -r n && eval \"$(dd bs=1 count=$n 2>/dev/null)\"'";

/** What comes after this is ours; before it a login shell may have said anything. */
export const MARK = "pulumi-unikernel:begin";

/** A word for sh (POSIX, Shell Command Language, 2.2.2). */
export function quote(word: string): string {
    if (word.includes("\0")) throw new UnikernelError("internal", "a word for a shell holds a zero byte");
    return `'${word.replaceAll("'", "'\\''")}'`;
}

/** A script and its words ($1, $2 …) as REMOTE_COMMAND reads them. */
export function encodeProgram(script: string, words: string[]): Buffer {
    const text = Buffer.from(`set -- ${words.map(quote).join(" ")}\n${PROLOGUE}\n${script}`);
    return Buffer.concat([Buffer.from(`${text.length}\n`), text]);
}

/** The same as the far side's SERVE reads it, with up to INLINE bytes of data for the script's standard input. */
export function encodeRequest(nonce: string, script: string, words: string[], data: Uint8Array): Buffer {
    const text = Buffer.from(`set -- ${words.map(quote).join(" ")}\n${script}`);
    return Buffer.concat([Buffer.from(`${nonce} ${text.length} ${data.length}\n`), text, data]);
}

/** What one read of a dd below takes, and a pipe holds (pipe(7)): a script that does not want it leaves nothing behind. */
export const INLINE = 65536;

const PROLOGUE = `
set -eu
LC_ALL=C; export LC_ALL
umask 077
there() { # else: it is not there, or an error that is not ours to guess
    said=$(stat -c %F -- "$1" 2>&1) && return
    case $said in *"No such file or directory"*) return 1;; esac
    printf '%s\\n' "$said" >&2
    exit 1
}
dead() { # the process of a temporary file .NAME.PID.part
    pid=\${1%.part}; pid=\${pid##*.}
    [ -f "$1" ] || return 1
    case $(cat "/proc/$pid/stat" 2>/dev/null) in
        "") ! kill -0 "$pid" 2>/dev/null;;
        *") Z "*) ;;
        *) return 1;;
    esac
}
sweep() {
    for old in "$1"/.*.part; do if dead "$old"; then rm -f -- "$old"; fi; done
}
tidy() { # what no guest uses any more
    [ -d "$1" ] || return 0
    stat -c '%h %n' -- "$1"/* 2>/dev/null | while read -r links file; do
        if [ "$links" = 1 ]; then rm -f -- "$file"; fi
    done
    rmdir -- "$1" 2>/dev/null || :
}
printf '\\n%s\\n' ${MARK}`;

/**
 * base or "": says uid, whether its folder can be written (yes, no), base. Then it runs what it is sent
 * until its standard input ends, and after each script says NONCE CODE there and NONCE on standard error.
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
while read -r nonce length size; do
    text=$(dd bs=1 count="$length" 2>/dev/null)
    dd bs=${INLINE} count="$size" iflag=fullblock,count_bytes 2>/dev/null | (set -e; eval "$text")
    code=$?
    printf '\\n%s %s\\n' "$nonce" "$code"
    printf '\\n%s\\n' "$nonce" >&2
done`;

/** folder: "TYPE:SIZE:NAME" of each file. */
export const LIST = `
there "$1" || exit 0
cd -- "$1"
if [ ! -r . ]; then echo "$1: Permission denied" >&2; exit 1; fi
stat -c '%F:%s:%n' -- * 2>/dev/null || :`;

/** Exit codes of RECEIVE. */
export const INCOMPLETE = 3;
export const DIFFERENT = 4;

/** A file of the store is one inode with all the guests' files of that content; a time of change other than 1 tells that somebody wrote to it. */
const PUT = `
base=$1 dir=$2 name=$3 size=$4 mode=$5 digest=$6 shared=$7
path=$dir/$name part=$dir/.$name.$$.part
take() { # SIZE FILE: from the store, as a link where that can be
    there "$shared" || return 1
    if [ "$(stat -c '%s %Y' -- "$shared" 2>/dev/null)" != "$1 1" ]; then rm -f -- "$shared"; return 1; fi
    ln -f -- "$shared" "$2" 2>/dev/null && return
    if cp -p --reflink=auto -- "$shared" "$2" 2>/dev/null; then sync -- "$2"; return; fi
    rm -f -- "$2"
    return 1
}
begin() {
    (umask 022; mkdir -p -m 0711 -- "$base")
    mkdir -p -m 0711 -- "$dir"
    if there "$path" && [ "$(stat -c %s -- "$path")" = "$size" ]; then echo have; exit; fi
}
finish() { mv -f -- "$part" "$path"; sync -- "$dir"; }`;

/** base folder name size mode digest shared (or ""): says "have" when the file is there, or was in the store. */
export const CLAIM = `${PUT}
begin
if [ -n "$shared" ] && take "$size" "$part"; then finish; echo have; exit; fi`;

/** base folder name size mode digest shared headsize, and the tail: says "have", or "need" when it lacks the head. */
export const COMPOSE = `${PUT}
begin
head=$dir/.$name.head
if ! there "$head" && ! take "$8" "$head"; then echo need; exit; fi
cp --reflink=auto -- "$head" "$part" && cat >> "$part" && chmod -- "$mode" "$part" && sync -- "$part" || { rm -f -- "$part"; exit 1; }
if [ "$(stat -c %s -- "$part")" != "$size" ]; then rm -f -- "$part" "$head"; exit ${DIFFERENT}; fi
finish
echo have`;

/**
 * The same words after CLAIM, then "whole" or "rest": says "need OFFSET" and takes the bytes from there:
 * a rest goes on where a copy was cut.
 */
export const RECEIVE = `${PUT}
offset=0
for old in "$dir/.$name".*.part; do
    if ! dead "$old"; then continue; fi
    if [ "$8" = whole ]; then rm -f -- "$old"
    elif mv -- "$old" "$part" 2>/dev/null; then offset=$(stat -c %s -- "$part"); fi
done
echo "need $offset"
said=$(dd of="$part" bs=65536 iflag=fullblock oflag=seek_bytes seek="$offset" conv=notrunc,sparse 2>&1) || case $said in
    *"error writing"*|*"failed to"*) printf '%s\\n' "$said" >&2; rm -f -- "$part"; exit 1;;
esac
[ "$(stat -c %s -- "$part")" = "$size" ] || exit ${INCOMPLETE}
if [ "$(sha256sum < "$part")" != "$digest  -" ]; then rm -f -- "$part"; exit ${DIFFERENT}; fi
chmod -- "$mode" "$part"
[ -z "$shared" ] || touch -d @1 -- "$part"
sync -- "$part" || { rm -f -- "$part"; exit 1; }
if [ -n "$shared" ]; then mkdir -p -m 0711 -- "\${shared%/*}" && ln -f -- "$part" "$shared" 2>/dev/null || :; fi
finish`;

/** folder from to mode */
export const COPY = `
part=$1/.$3.$$.part
sweep "$1"
cp --reflink=auto -- "$1/$2" "$part" && chmod -- "$4" "$part" && sync -- "$part" || { rm -f -- "$part"; exit 1; }
mv -f -- "$part" "$1/$3"
sync -- "$1"`;

/** folder from to */
export const RENAME = `
mv -f -- "$1/$2" "$1/$3"
sync -- "$1"`;

/** folder name store */
export const REMOVE = `
rm -f -- "$1/$2" "$1/.$2.head"
sweep "$1"
tidy "$3"`;

/** folder store */
export const REMOVE_FOLDER = `
if there "$1"; then
    sweep "$1"
    for head in "$1"/.*.head; do
        name=\${head##*/.}
        [ -e "$1/\${name%.head}" ] || rm -f -- "$head"
    done
    said=$(rmdir -- "$1" 2>&1) || case $said in
        *"not empty"*|*"No such file"*) ;;
        *) printf '%s\\n' "$said" >&2; exit 1;;
    esac
fi
tidy "$2"`;

/** path offset (or "": from the end) length */
export const READ = `
there "$1" || exit 0
if [ -z "$2" ]; then tail -c "$3" -- "$1"
else tail -c "+$(($2 + 1))" -- "$1" | head -c "$3"
fi`;

/** path: its sha256, nothing when it is not there. */
export const DIGEST = `
there "$1" || exit 0
sha256sum < "$1"`;
