// What runs on the far side, with GNU coreutils and the functions of shellProtocol.ts. Each docstring tells its words: $1 and on.

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
    [ -d "$base" ] || (umask 022; mkdir -p -m 0711 -- "$base")
    [ -d "$dir" ] || mkdir -p -m 0711 -- "$dir"
    if there "$path" && [ "$(stat -c %s -- "$path")" = "$size" ]; then echo have; exit; fi
}
finish() { mv -f -- "$part" "$path"; sync -- "$dir"; }`;

/** base folder name size mode digest shared (or ""): says "have" when the file is there, or was in the store. */
export const CLAIM = `${PUT}
begin
if [ -n "$shared" ] && take "$size" "$part"; then finish; echo have; exit; fi`;

/** base folder name size mode umask, and the bytes: a small file of the guest's own, in as few processes as it takes. */
export const SMALL = `${PUT}
begin
umask "$6"
said=$(dd of="$part" bs=65536 conv=fsync 2>&1) || { printf '%s\\n' "$said" >&2; rm -f -- "$part"; exit 1; }
case $said in *"
$size byte"*) ;; *) rm -f -- "$part"; exit ${INCOMPLETE};; esac
finish`;

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

/** folder store name… */
export const REMOVE = `
dir=$1 store=$2
shift 2
for name do
    used=
    for one in "$store"/*; do if [ "$dir/$name" -ef "$one" ] || [ "$dir/.$name.head" -ef "$one" ]; then used=$one; break; fi; done
    rm -f -- "$dir/$name" "$dir/.$name.head"
    [ -z "$used" ] || [ "$(stat -c %h -- "$used" 2>/dev/null)" != 1 ] || rm -f -- "$used"
done
sweep "$dir"
if [ -d "$store" ] && empty "$store"; then rmdir -- "$store" 2>/dev/null || :; fi`;

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

/** path store: the sha256 that the store knows a file by that nobody has written to since; nothing of any other. */
export const KNOWN = `
there "$1" || { echo none; exit; }
for one in "$2"/*; do
    if [ "$1" -ef "$one" ]; then
        if [ "$(stat -c %Y -- "$one")" = 1 ]; then printf '%s\\n' "\${one##*/}"; fi
        exit
    fi
done`;
