/** Bytes that are read again, to notice that the file is another one now: virtlogd begins a new one at 2 MiB. */
const OVERLAP = 64;

/** Return the bytes of a file from an offset on, or its last ones, as latin1 text. */
type Read = (offset: number | undefined, length: number) => Promise<string>;

/** The last bytes of a file to which a program appends. Each read after the first asks for what is new. */
export class GrowingText {
    private bytes = "";
    /** Where `bytes` end in the file; undefined while it is not known, since the file was longer than `most`. */
    private end?: number;

    /** @param most number of bytes that are kept */
    constructor(private readonly most: number) {}

    /** Return the text up to the present end of the file, decoded as UTF-8. */
    async next(read: Read): Promise<string> {
        if (this.end === undefined) {
            this.bytes = await read(undefined, this.most);
            if (this.bytes.length < this.most) this.end = this.bytes.length;
        } else await this.append(this.end, read);
        return Buffer.from(this.bytes, "latin1").toString("utf8");
    }

    private async append(end: number, read: Read): Promise<void> {
        const begin = Math.max(0, end - OVERLAP);
        const known = this.bytes.slice(this.bytes.length - (end - begin));
        const piece = await read(begin, OVERLAP + this.most);
        // Another file of that name begins with what the guest printed after the end of the former one.
        if (!piece.startsWith(known)) return this.append(0, read);
        this.bytes = (this.bytes + piece.slice(known.length)).slice(-this.most);
        this.end = begin + piece.length;
    }
}
