/**
 * One word of GRUB's script language that stands for exactly this text: between single quotes nothing has a meaning, and a
 * single quote is written outside of them, behind a backslash (GRUB manual, "Quoting").
 */
export function quoteWord(text: string): string {
    return /^[A-Za-z0-9_./:=,@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * The words that GRUB's `linux` and `multiboot` have to be given so that the guest gets exactly this command line.
 * Undefined: there are none, since they escape quotes and backslashes on the way and quote what has a blank in it.
 */
export function wordsFor(commandLine: string): string[] | undefined {
    if (commandLine === "") return [];
    const words: string[] = [];
    // What they write: a word without blanks, or one with blanks between double quotes; one blank after each.
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

/** What the loaders make of their words (grub-core/lib/cmdline.c, grub_create_loader_cmdline). */
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
