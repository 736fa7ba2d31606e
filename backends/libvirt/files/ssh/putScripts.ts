// Scripts that write a file on the remote side. Each docstring lists the words $1, $2 …

/** Exit codes of RECEIVE. */
export const INCOMPLETE = 3;
export const DIFFERENT = 4;
/** A storage volume of that name is being filled. */
export const BUSY = 5;

/**
 * A file in the store shares an inode with all guests' files of that content. Another mtime than 1, or another mode,
 * shows that it was modified. An inode whose content the caller has not compared with its digest is not linked. A new
 * one is printed as "inode NUMBER".
 */
const PUT = `
base=$1 dir=$2 name=$3 size=$4 mode=$5 digest=$6 shared=$7 how=$8 verify=$9 known=\${10}
startof $$
path=$dir/$name part=$dir/.$name.$host~$machine~$boot~$space~$$~$start~0.part
take() { # SIZE FILE MODE: from the store, as a link where that can be
    there "$shared" || return 1
    case $(stat -c '%s %Y %a %i' -- "$shared" 2>/dev/null) in
        "$1 1 $3 $known") ;;
        "$1 1 $3 "*) echo unverified; exit;;
        *) rm -f -- "$shared"; return 1;;
    esac
    ln -f -- "$shared" "$2" 2>/dev/null && return
    # The inode has all links that its file system allows, or another user has it. The store gets a second one.
    if cp -p --reflink=auto -- "$shared" "$2" 2>/dev/null; then sync -- "$2"; store "$2"; return; fi
    rm -f -- "$2"
    return 1
}
store() { # FILE
    mkdir -p -m 0711 -- "\${shared%/*}" 2>/dev/null || return 0
    if ln -f -- "$1" "$shared" 2>/dev/null; then stat -c 'inode %i' -- "$1"; fi
}
begin() {
    [ -d "$base" ] || (umask 022; mkdir -p -m 0711 -- "$base")
    [ -d "$dir" ] || mkdir -p -m 0711 -- "$dir"
    half=
    if [ -e "$path.unfinished" ]; then half=yes; return; fi
    there "$path" || return 0
    if [ "$how" != new ]; then
        [ "$(stat -c %s -- "$path")" = "$size" ] || return 0
        [ -z "$verify" ] || [ "$(sha256sum < "$path")" = "$verify  -" ] || return 0
    fi
    echo have
    exit
}
finish() { # says "have" when it is to be new and another one has the name
    if [ "$how" != new ]; then
        mv -f -- "$part" "$path"
        [ -z "$half" ] || rm -f -- "$path.unfinished"
        sync -- "$dir"
        return
    fi
    for other in "$dir/.$name".*~v*.part; do
        if [ -e "$other" ] && ! dead "$other"; then rm -f -- "$part"; exit ${BUSY}; fi
    done
    # What a dead writer left is moved away; it was that only if its mark is still there afterwards.
    if [ -n "$half" ] && mv -- "$path" "$part.half" 2>/dev/null; then
        if [ -e "$path.unfinished" ]; then rm -f -- "$path.unfinished" "$part.half"
        else ln -- "$part.half" "$path"; rm -f -- "$part.half"
        fi
    elif [ -n "$half" ]; then rm -f -- "$path.unfinished"
    fi
    said=$(ln -- "$part" "$path" 2>&1) || {
        rm -f -- "$part"
        there "$path" || { printf '%s\\n' "$said" >&2; exit 1; }
        echo have
        exit
    }
    rm -f -- "$part"
    [ -z "\${12-sync}" ] || sync -- "$dir"
}`;

/**
 * base folder name size mode digest shared (or "") how ("new": never replace a file) verify (the digest that an
 * existing file must have to be kept, or "") known (inode of the store's file that was verified, or ""). Prints "have"
 * when the file exists, "made" when it came from the store, "unverified" when the store's file was not verified yet.
 */
export const CLAIM = `${PUT}
begin
if [ -n "$shared" ] && take "$size" "$part" "$mode"; then finish; echo made; exit; fi`;

/**
 * The same words, umask, sync ("": a power cut may lose the file), and the content on standard input: a small file of
 * one guest, with as few processes as possible.
 */
export const SMALL = `${PUT}
begin
umask "\${11}"
said=$(dd of="$part" bs=65536 \${12:+conv=fsync} 2>&1) || { printf '%s\\n' "$said" >&2; rm -f -- "$part"; exit 1; }
case $said in *"
$size byte"*) ;; *) rm -f -- "$part"; exit ${INCOMPLETE};; esac
finish`;

/**
 * The same words, headsize, and the tail on standard input. Prints "have", "made" or "unverified", or "need" when it
 * lacks the head.
 */
export const COMPOSE = `${PUT}
begin
head=$dir/.$name.head
if ! there "$head" && ! take "\${11}" "$head" 600; then echo need; exit; fi
cp --reflink=auto -- "$head" "$part" && cat >> "$part" && chmod -- "$mode" "$part" && sync -- "$part" || { rm -f -- "$part"; exit 1; }
if [ "$(stat -c %s -- "$part")" != "$size" ]; then rm -f -- "$part" "$head"; exit ${DIFFERENT}; fi
if [ -n "$verify" ] && [ "$(sha256sum < "$part")" != "$verify  -" ]; then rm -f -- "$part"; exit ${DIFFERENT}; fi
finish
echo made`;

/**
 * The same words after CLAIM, then "whole" or "rest". Prints "need OFFSET" and reads the bytes from there on: "rest"
 * continues an interrupted copy of this user.
 */
export const RECEIVE = `${PUT}
begin
offset=0
for old in "$dir/.$name".*.part; do
    if ! dead "$old"; then continue; fi
    if [ "\${11}" = whole ]; then rm -f -- "$old"
    elif mv -- "$old" "$part" 2>/dev/null; then
        # Another user's, such as root's, cannot be gone on with.
        if [ -w "$part" ]; then offset=$(stat -c %s -- "$part"); else rm -f -- "$part"; offset=0; fi
    fi
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
if [ -n "$shared" ]; then store "$part"; fi
finish`;
