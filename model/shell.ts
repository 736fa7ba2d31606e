/** Quote a word for sh (POSIX, Shell Command Language, 2.2.2). */
export function quoted(word: string): string {
    return `'${word.replaceAll("'", "'\\''")}'`;
}

/** Quote a word for a command that people read and type: without quotation marks where sh needs none. */
export function shellWord(word: string): string {
    return /^[\w./:@+-]+$/.test(word) ? word : quoted(word);
}
