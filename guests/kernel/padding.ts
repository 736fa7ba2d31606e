/** The text without the NULs at its end. A pattern would search a run of them once for each NUL in it. */
export function withoutPadding(text: string): string {
    let end = text.length;
    while (text[end - 1] === "\0") end--;
    return text.slice(0, end);
}
