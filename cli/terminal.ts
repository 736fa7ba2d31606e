/** The streams that a command writes to. */
export interface Streams {
    out(text: string): void;
    error(text: string): void;
}

export const standard: Streams = {
    out: (text) => process.stdout.write(text),
    error: (text) => process.stderr.write(text),
};
