// Scripts for the remote side, with GNU coreutils and the functions of shellProtocol.ts. Each docstring lists the words
// $1, $2 …

/** folder. Prints "TYPE:SIZE:NAME" of every entry. */
export const LIST = `
there "$1" || exit 0
enter "$1"
said=$(stat -c '%F:%s:%n' -- * .[!.]* ..?* 2>&1) || :
printf '%s\\n' "$said" | while read -r line; do
    case $line in
        stat:*"No such file or directory") ;;
        stat:*) printf '%s\\n' "$line" >&2; exit 1;;
        *) printf '%s\\n' "$line";;
    esac
done`;

/** base. Prints the name of each folder in it. */
export const FOLDERS = `
there "$1" || exit 0
enter "$1"
for one in */; do [ ! -d "$one" ] || printf '%s\\n' "\${one%/}"; done`;

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

/** path digest. Compares a file of the store with its digest: prints "inode NUMBER", or removes it. */
export const VERIFY = `
there "$1" || exit 0
inode=$(stat -c %i -- "$1")
if [ "$(sha256sum < "$1")" = "$2  -" ]; then echo "inode $inode"; else rm -f -- "$1"; fi`;

/** folder from to mode sync ("": a power cut may lose the copy) */
export const COPY = `
startof $$
part=$1/.$3.$host~$machine~$boot~$space~$$~$start~0.part
sweep "$1"
cp --reflink=auto -- "$1/$2" "$part" && chmod -- "$4" "$part" && { [ -z "$5" ] || sync -- "$part"; } || { rm -f -- "$part"; exit 1; }
mv -f -- "$part" "$1/$3"
rm -f -- "$1/$3.unfinished"
[ -z "$5" ] || sync -- "$1"`;

/** Exit code of RENAME. */
export const EXISTS = 6;

/** folder from to how ("replace" or "keep") sync ("": a power cut may undo it) */
export const RENAME = `
if [ "$4" = replace ]; then mv -f -- "$1/$2" "$1/$3"
else
    said=$(ln -- "$1/$2" "$1/$3" 2>&1) || {
        if [ -e "$1/$2" ] && there "$1/$3"; then exit ${EXISTS}; fi
        printf '%s\\n' "$said" >&2
        exit 1
    }
    rm -f -- "$1/$2"
fi
[ -z "$5" ] || sync -- "$1"`;

/** folder store name…: also drops content of the store that no guest uses any more. */
export const REMOVE = `
dir=$1 store=$2
shift 2
for name do
    used=
    for one in "$store"/*; do if [ "$dir/$name" -ef "$one" ] || [ "$dir/.$name.head" -ef "$one" ]; then used=$one; break; fi; done
    rm -f -- "$dir/$name" "$dir/.$name.head"
    rm -f -- "$dir/$name.unfinished"
    [ -z "$used" ] || [ "$(stat -c %h -- "$used" 2>/dev/null)" != 1 ] || rm -f -- "$used"
done
sweep "$dir"
if [ -d "$store" ] && empty "$store"; then rmdir -- "$store" 2>/dev/null || :; fi`;

/** folder store */
export const REMOVE_FOLDER = `
if there "$1"; then
    # Halves that writers of storage volumes left which are gone. No list shows them.
    for mark in "$1"/*.unfinished; do
        half=\${mark%.unfinished} filled=
        for other in "$1/.\${half##*/}".*~v*.part; do
            if [ -e "$other" ] && ! dead "$other"; then filled=yes; fi
        done
        if [ -z "$filled" ] && [ -e "$mark" ]; then rm -f -- "$half" "$mark"; fi
    done
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
[ ! -e "$1.unfinished" ] || exit 0
there "$1" || exit 0
if [ -z "$2" ]; then tail -c "$3" -- "$1"
else tail -c "+$(($2 + 1))" -- "$1" | head -c "$3"
fi`;

/** The same for many files, by the questions of Together. */
export const READ_EACH = `
while [ $# != 0 ]; do
    (set -- "$2" "$3" "$4"
    ${READ})
    printf '\\n%s\\n' "$nonce"
    shift 4
done`;

/** path. Prints its size, or nothing when it is missing or incomplete. */
export const SIZE = `
[ ! -e "$1.unfinished" ] || exit 0
there "$1" || exit 0
stat -L -c %s -- "$1"`;

/** The same for many files, by the questions of Together. */
export const SIZE_EACH = `
while [ $# != 0 ]; do
    (set -- "$2"
    ${SIZE})
    printf '\\n%s\\n' "$nonce"
    shift 2
done`;

/** path. Prints its sha256, or nothing when it is missing. */
export const DIGEST = `
there "$1" || exit 0
sha256sum < "$1"`;

/** path. Prints the uid of its owner, or nothing when it is missing. */
export const OWNER = `
there "$1" || exit 0
stat -c %u -- "$1"`;

/**
 * path store. Prints the sha256 of a file that the store has and that was not modified since; nothing for any other.
 */
export const KNOWN = `
[ ! -e "$1.unfinished" ] || { echo none; exit; }
there "$1" || { echo none; exit; }
for one in "$2"/*; do
    if [ "$1" -ef "$one" ]; then
        if [ "$(stat -c %Y -- "$one")" = 1 ]; then printf '%s\\n' "\${one##*/}"; fi
        exit
    fi
done`;

/**
 * The same for many files, by the questions of Together: path store. One process looks at all files of one content.
 */
export const KNOWN_EACH = `
seen= time=
while [ $# != 0 ]; do
    path=$2 store=$3 is=
    shift 3
    if [ -e "$path.unfinished" ] || ! there "$path"; then is=none
    else
        for one in "$store"/*; do
            if [ "$path" -ef "$one" ]; then
                if [ "$one" != "$seen" ]; then time=$(stat -c %Y -- "$one"); seen=$one; fi
                if [ "$time" = 1 ]; then is=\${one##*/}; fi
                break
            fi
        done
    fi
    printf '%s\\n%s\\n' "$is" "$nonce"
done`;
