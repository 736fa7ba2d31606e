import { once } from "node:events";

/** The streams that a command writes to. */
export interface Streams {
    out(text: string): void;
    error(text: string): void;
    /** Resolves when the output has taken what was written, so that a slow reader slows the writer. */
    drained?(): Promise<void>;
    /** Width of the terminal; undefined where the output goes elsewhere. */
    columns?: number;
    /** The output is a terminal that shows colours, and NO_COLOR is not set. */
    colours?: boolean;
}

export const standard: Streams = {
    out: (text) => process.stdout.write(text),
    error: (text) => process.stderr.write(text),
    drained: async () => {
        if (process.stdout.writableNeedDrain) await once(process.stdout, "drain");
    },
    columns: process.stdout.columns,
    // A stream that is no terminal has no such method.
    colours: process.stdout.hasColors?.() ?? false,
};
