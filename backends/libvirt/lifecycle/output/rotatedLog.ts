import type { OutputReader } from "../../../backend";
import { PIECE } from "./reader";

/** Bytes before a place that are read again, to notice that another file has that name now. */
const OVERLAP = 1024;
/** Looks for the next bytes while files are renamed. Each rename takes the guest 2 MiB of output. */
const TRIES = 8;

/** The files of a log, as latin1 text. */
export interface LogFiles {
    /** Return the names of the present boot's files, oldest first. */
    names(): Promise<string[]>;
    /** Return at most `length` bytes from an offset on; "" where there is no such file. */
    read(name: string, offset: number, length: number): Promise<string>;
    /** The file that grows. */
    newest: string;
    /** A file that gets the output of the present boot when the next one begins. */
    former?: string;
}

interface Place {
    name: string;
    offset: number;
    /** The bytes before it. */
    known: string;
    /** The end of the file before, until the first bytes behind it were read. */
    before?: Place;
}

/**
 * A log whose newest file is renamed when it is full, and at each start. virtlogd keeps `console.log`, and renames it to
 * `console.log.0` at 2 MiB, that to `.1`, and so on up to `.2` (virtlogd.conf: max_size, max_backups).
 */
export class RotatedLog implements OutputReader {
    private place?: Place;

    constructor(private readonly files: LogFiles) {}

    /** Begin at a file. */
    beginAt(name: string): void {
        this.place = { name, offset: 0, known: "" };
    }

    /** Begin at the end of a file of this size. */
    async beginAtEnd(name: string, size: number): Promise<void> {
        const from = Math.max(0, size - OVERLAP);
        const known = await this.files.read(name, from, size - from);
        this.place = { name, offset: from + known.length, known };
    }

    async next(): Promise<{ bytes: Uint8Array; lost?: boolean }> {
        let lost = false;
        for (let tries = 0; tries < TRIES; tries++) {
            const names = this.place ? undefined : await this.files.names();
            if (names && names[0] === undefined) break;
            if (names?.[0] !== undefined) this.beginAt(names[0]);
            const place = this.place as Place;
            const piece = await this.pieceAt(place);
            if (piece === undefined) {
                const outcome = await this.findAgain(place);
                if (outcome === "nowhere") break;
                lost ||= outcome === "lost";
            } else if (piece !== "") {
                this.place = {
                    name: place.name,
                    offset: place.offset + piece.length,
                    known: (place.known + piece).slice(-OVERLAP),
                };
                return { bytes: Buffer.from(piece, "latin1"), ...(lost ? { lost } : {}) };
            } else if (!(await this.goOn(place))) break;
        }
        return { bytes: new Uint8Array(), ...(lost ? { lost } : {}) };
    }

    /** Return the bytes from a place on; undefined where other bytes are before it: its file was renamed. */
    private async pieceAt({ name, offset, known, before }: Place): Promise<string | undefined> {
        const text = await this.files.read(name, offset - known.length, known.length + PIECE);
        if (!text.startsWith(known)) return undefined;
        if (before && !(await this.follows(name, before))) return undefined;
        return text.slice(known.length);
    }

    /**
     * Return whether a file whose first bytes were just read is behind a place: meanwhile all files may have been renamed,
     * and the file of that name is another then.
     */
    private async follows(name: string, before: Place): Promise<boolean> {
        if (before.name === this.files.former && (await this.files.names())[0] !== name) return false;
        return (await this.pieceAt({ ...before, before: undefined })) === "";
    }

    /** Find the file that has the bytes before a place now, and go on there, or at the oldest file. */
    private async findAgain(place: Place): Promise<"found" | "moved" | "lost" | "nowhere"> {
        const { offset, known } = place.before ?? place;
        const names = await this.files.names();
        for (const name of [...names.toReversed(), ...(this.files.former === undefined ? [] : [this.files.former])]) {
            if (known !== "" && (await this.files.read(name, offset - known.length, known.length)) === known) {
                this.place = { name, offset, known };
                return "found";
            }
        }
        // It may have been renamed to a name that the list does not have yet.
        if ((await this.files.names()).length !== names.length) return "moved";
        if (names[0] === undefined) return "nowhere";
        this.beginAt(names[0]);
        return known === "" ? "found" : "lost";
    }

    /** Go on at the file behind one that was read to its end. @returns false where there is none yet */
    private async goOn(place: Place): Promise<boolean> {
        if (place.name === this.files.newest) return false;
        const names = await this.files.names();
        // The file of the boot before is none of them: the oldest file is behind it.
        const next = names[names.indexOf(place.name) + 1];
        if (next === undefined) return false;
        this.place = { name: next, offset: 0, known: "", before: place };
        return true;
    }
}
