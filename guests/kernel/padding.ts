/** Return text without trailing NULs. A regular expression would take quadratic time on a run of them. */
export function withoutPadding(text: string): string {
    let end = text.length;
    while (text[end - 1] === "\0") end--;
    return text.slice(0, end);
}
