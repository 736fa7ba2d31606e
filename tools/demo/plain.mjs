/** Without the terminal's colours. */
export function plain(text) {
    return text.replaceAll(/\u001b\[[0-9;]*m/g, "");
}
