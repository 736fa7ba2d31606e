/**
 * Quote a text as one word of GRUB's script language: between single quotes no character is special, and a single
 * quote itself is written outside of them, after a backslash (GRUB manual, "Quoting").
 */
export function quoteWord(text: string): string {
    return /^[A-Za-z0-9_./:=,@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * Return the words for GRUB's `linux` and `multiboot` with which the guest gets exactly this command line; undefined
 * where there are none, because these commands escape quotes and backslashes, and quote words with a blank.
 */
export function wordsFor(commandLine: string): string[] | undefined {
    if (commandLine === "") return [];
    const words: string[] = [];
    // Their output: a word without blanks, or a word with blanks in double quotes; one blank after each.
    for (const [, quoted, plain = "", more] of commandLine.matchAll(
        /(?:"((?:[^"\\]|\\.)* (?:[^"\\]|\\.)*)"|([^ ]*))( |$)/gsy,
    )) {
        words.push(withoutEscapes(quoted ?? plain));
        if (more === "") break;
    }
    // Newer releases leave a \xHH as it is, 2.06 does not.
    if (words.some((word) => /\\x[0-9A-Fa-f]{2}/.test(word))) return undefined;
    return loaderCommandLine(words) === commandLine ? words : undefined;
}

/**
 * Return the command line that the loaders make of their words (grub-core/lib/cmdline.c, grub_create_loader_cmdline).
 */
export function loaderCommandLine(words: string[]): string {
    return words
        .map((word) => {
            const escaped = word.replace(/[\\'"]/g, "\\$&");
            return word.includes(" ") ? `"${escaped}"` : escaped;
        })
        .join(" ");
}

function withoutEscapes(text: string): string {
    return text.replace(/\\([\\'"])/g, "$1");
}
