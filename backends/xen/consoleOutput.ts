import type { OutputOptions, OutputReader } from "../backend";
import { agesOf } from "../libvirt/lifecycle/output/ages";
import { PIECE } from "../libvirt/lifecycle/output/reader";
import type { Dom0 } from "./dom0";

/** The most that is read of output that was there before: dom0's calls read the end of a file. */
const FIRST = 8 * 1024 * 1024;

/** Reads a log that xenconsoled keeps, by its ends: what is new since the last look. */
export class ConsoleOutput implements OutputReader {
    private size?: number;

    /** @param paths of which the first that exists is read @param former where a start by us moves them */
    constructor(
        private readonly dom0: Dom0,
        private readonly paths: string[],
        private readonly former?: string[],
    ) {}

    /** Begin at the present end. */
    async beginAtEnd(): Promise<void> {
        this.size = (await this.dom0.tail(0, ...this.paths))?.size ?? 0;
    }

    async next(): Promise<{ bytes: Uint8Array; lost?: boolean }> {
        const [before, most] = [this.size, this.size === undefined ? FIRST : PIECE];
        const end = this.dom0.tailUnless
            ? await this.dom0.tailUnless(before, most, ...this.paths)
            : await this.dom0.tail(most, ...this.paths);
        if (!end || (before !== undefined && end.size < before)) return this.ofNextBoot(before ?? 0, end !== undefined);
        this.size = end.size;
        return lastOf(end.text, end.size - (before ?? 0), most);
    }

    /** Return the rest of a log that was moved by a start. */
    private async ofNextBoot(before: number, begun: boolean): Promise<{ bytes: Uint8Array; lost?: boolean }> {
        if (begun) this.size = 0;
        const end = begun && this.former ? await this.dom0.tail(PIECE, ...this.former) : undefined;
        return end && end.size >= before
            ? lastOf(end.text, end.size - before, PIECE)
            : { bytes: new Uint8Array(), ...(begun ? { lost: true } : {}) };
    }
}

/** Return the new bytes at the end of a text. */
function lastOf(text: string, fresh: number, most: number): { bytes: Uint8Array; lost?: boolean } {
    if (fresh === 0) return { bytes: new Uint8Array() };
    const bytes = Buffer.from(text, "utf8");
    return { bytes: bytes.subarray(Math.max(0, bytes.length - fresh)), ...(fresh > most ? { lost: true } : {}) };
}

/** Return a reader of a guest's console on a Xen host; undefined while no file has it. */
export async function consoleOutput(
    dom0: Dom0,
    paths: { present: string[]; last: string[] },
    { last = false, since }: OutputOptions,
): Promise<OutputReader | undefined> {
    const path = (await dom0.tail(0, ...(last ? paths.last : paths.present)))?.path;
    if (path === undefined) return undefined;
    const output = new ConsoleOutput(dom0, last ? paths.last : paths.present, last ? undefined : paths.last);
    if (
        since !== undefined &&
        ((await agesOf((script, words) => dom0.run(script, words), [path])).get(path) ?? 0) > since
    )
        await output.beginAtEnd();
    return output;
}
