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
    [ ! -e "$dir/$name.unfinished" ] || rm -f -- "$dir/$name.unfinished"
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
elif [ "$2" = 0 ]; then head -c "$3" -- "$1"
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
