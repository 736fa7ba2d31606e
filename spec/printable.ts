/**
 * All control characters but tab and newline (C0, DEL, C1), and what turns the direction of text around (UAX #9): a terminal obeys the
 * first – some write to the clipboard – and the second lets a line read as another.
 */
const UNPRINTABLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Text from a guest, a host or a file as it may go to a terminal: each character that could command the terminal becomes `�`. */
export function printable(text: string): string {
    return text.replaceAll("\r\n", "\n").replaceAll(UNPRINTABLE, "\ufffd");
}
