import { StringDecoder } from "node:string_decoder";
import { setTimeout as sleep } from "node:timers/promises";
import { type Backends, backends, type OutputOptions, type OutputReader } from "../../backends";
import { plain } from "../../backends/inspection";
import { hostAt } from "../functions/connection";
import type { Found } from "./find";

/** Milliseconds between two looks at output that does not grow. */
const PAUSE_MS = 200;
/** Milliseconds without output after which the guest is looked for. */
const LOOK_MS = 5000;
/** Characters of a line that does not end, which are shown without its end. */
const LONGEST = 64 * 1024;
/** Pieces of at most 256 KiB that are read of output that is not followed: a guest may print faster than it is read. */
const MOST_PIECES = 256;

export interface FollowOptions extends OutputOptions {
    /** Go on as the output grows, over restarts of the guest, until the signal or until the guest is gone. */
    follow?: boolean;
    signal?: AbortSignal;
}

/** Takes text that ends in whole lines, but where the guest waits in the middle of one, or where all ends. */
export interface OutputSink {
    /** Resolves when more can be taken, so that what is not shown yet stays bounded. */
    text(text: string): Promise<void> | void;
    /** The host did not keep what was printed since. */
    lost(): void;
}

/**
 * Read what a guest has printed, as a terminal may show it.
 * @returns how it ended: all was read, the signal came, the guest is gone, or no program stores its output
 */
export async function readOutput(
    { connection, ...guest }: Found,
    { follow = false, signal, ...options }: FollowOptions,
    sink: OutputSink,
    services: { backends: Backends } = { backends },
): Promise<"read" | "ended" | "gone" | "not stored"> {
    const { backend } = hostAt(connection, services);
    const reader = await backend.guestOutput(connection, guest, options);
    if (!reader) return "not stored";
    const gone = async (): Promise<boolean> => (await backend.describeGuest(connection, guest)) === undefined;
    return new Following(reader, sink, gone).run(follow, signal);
}

class Following {
    private readonly decoder = new StringDecoder("utf8");
    /** What was printed of a line that has not ended. */
    private begun = "";

    constructor(
        private readonly reader: OutputReader,
        private readonly sink: OutputSink,
        private readonly gone: () => Promise<boolean>,
    ) {}

    async run(follow: boolean, signal?: AbortSignal): Promise<"read" | "ended" | "gone"> {
        let quiet = Date.now();
        for (let pieces = 0; follow || pieces < MOST_PIECES; pieces++) {
            if (signal?.aborted) return "ended";
            const { bytes, lost } = await this.reader.next();
            if (lost) this.sink.lost();
            if (bytes.length > 0) {
                await this.take(bytes);
                quiet = Date.now();
                continue;
            }
            await this.show(this.begun);
            this.begun = "";
            if (!follow) break;
            if (Date.now() - quiet > LOOK_MS) {
                if (await this.gone()) return "gone";
                quiet = Date.now();
            }
            await sleep(PAUSE_MS, undefined, { signal }).catch(() => undefined);
        }
        await this.show(this.begun);
        return "read";
    }

    /** Show whole lines: a sequence of the terminal that is cut in two would not be recognised. */
    private async take(bytes: Uint8Array): Promise<void> {
        const text = this.begun + this.decoder.write(Buffer.from(bytes));
        const end = text.length - text.lastIndexOf("\n") - 1 > LONGEST ? text.length : text.lastIndexOf("\n") + 1;
        this.begun = text.slice(end);
        await this.show(text.slice(0, end));
    }

    private async show(text: string): Promise<void> {
        if (text !== "") await this.sink.text(plain(text));
    }
}
