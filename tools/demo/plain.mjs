/**
 * The text without the terminal's colours.
 * @param {string} text
 */
export function plain(text) {
    return text.replaceAll(/\u001b\[[0-9;]*m/g, "");
}
