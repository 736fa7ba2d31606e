/** A word for sh (POSIX, Shell Command Language, 2.2.2), whatever is in it. */
export function quoted(word: string): string {
    return `'${word.replaceAll("'", "'\\''")}'`;
}

/** The same for people to read and type: without quotation marks where none are needed. */
export function shellWord(word: string): string {
    return /^[\w./:@+-]+$/.test(word) ? word : quoted(word);
}
