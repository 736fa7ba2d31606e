/**
 * Control characters except tab and newline (C0, DEL, C1), and characters that change text direction (UAX #9). A
 * terminal executes the first, some of which write to the clipboard; the second make a line read as another one.
 */
const UNPRINTABLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Return text from a guest, a host or a file as a terminal may show it: each dangerous character becomes `�`. */
export function printable(text: string): string {
    return text.replaceAll("\r\n", "\n").replaceAll(UNPRINTABLE, "\ufffd");
}
