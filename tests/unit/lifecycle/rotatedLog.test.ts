import fc from "fast-check";
import { partsIn } from "../../../backends/libvirt/lifecycle/output/folderOutput";
import { RotatedLog } from "../../../backends/libvirt/lifecycle/output/rotatedLog";

const NEWEST = "console.log";
const FORMER = "console.last.log";

/** Files as virtlogd keeps them, and what was printed in all. */
class Log {
    readonly files = new Map<string, string>();
    printed = "";
    /** Called before each read, as other programs work meanwhile. */
    meanwhile: () => void = () => {};
    longest = 0;
    /** Output that was printed is in no file any more. */
    dropped = false;

    print(text: string): void {
        this.files.set(NEWEST, (this.files.get(NEWEST) ?? "") + text);
        this.printed += text;
    }
    /** The file is full: the oldest of three goes. */
    rollOver(): void {
        if (!this.files.get(NEWEST)) return;
        for (const [from, to] of [
            [".1", ".2"],
            [".0", ".1"],
            ["", ".0"],
        ] as const)
            this.move(NEWEST + from, NEWEST + to);
    }
    /** A start by us, and then by virtlogd. */
    restart(): void {
        this.move(NEWEST, FORMER);
        for (const part of [".0", ".1", ".2"]) this.dropped = this.files.delete(NEWEST + part) || this.dropped;
    }
    reader(): RotatedLog {
        return new RotatedLog({
            names: async () => partsIn([...this.files.keys()]),
            read: async (name, offset, length) => {
                this.meanwhile();
                const text = (this.files.get(name) ?? "").slice(offset, offset + length);
                this.longest = Math.max(this.longest, text.length);
                return text;
            },
            newest: NEWEST,
            former: FORMER,
        });
    }
    private move(from: string, to: string): void {
        const text = this.files.get(from);
        this.files.delete(from);
        if (text !== undefined && this.files.has(to)) this.dropped = true;
        if (text !== undefined) this.files.set(to, text);
    }
}

/** Read until there is nothing new. */
async function drained(reader: RotatedLog): Promise<{ text: string; lost: boolean }> {
    let [text, lost] = ["", false];
    for (;;) {
        const piece = await reader.next();
        lost ||= piece.lost ?? false;
        if (piece.bytes.length === 0) return { text, lost };
        text += Buffer.from(piece.bytes).toString("latin1");
    }
}

/** Lines that are all different. */
let count = 0;
const lines = (many: number): string => Array.from({ length: many }, () => `line ${count++}\n`).join("");

test("a log is read from its oldest file on, in pieces of at most 256 KiB", async () => {
    const log = new Log();
    log.print(lines(60_000));
    log.rollOver();
    log.print(lines(10));
    log.rollOver();
    log.print(lines(10));
    expect(await drained(log.reader())).toEqual({ text: log.printed, lost: false });
    expect(log.longest).toBeLessThanOrEqual(257 * 1024);
});

test("the end of a boot is read after the next one has begun", async () => {
    const log = new Log();
    log.print(lines(100));
    const reader = log.reader();
    let text = (await drained(reader)).text;
    log.print(lines(100));
    log.restart();
    text += (await drained(reader)).text;
    expect(text).toBe(log.printed);
    log.print(lines(100));
    log.rollOver();
    log.print(lines(100));
    expect(await drained(reader)).toEqual({ text: log.printed.slice(text.length), lost: false });
});

test("what the host did not keep is said, and reading goes on with the oldest that is there", async () => {
    const log = new Log();
    log.print(lines(10));
    const reader = log.reader();
    await drained(reader);
    const kept: string[] = [];
    for (let roll = 0; roll < 5; roll++) {
        kept.push(lines(10));
        log.print(kept[roll]!);
        log.rollOver();
    }
    expect(await drained(reader)).toEqual({ text: kept.slice(-3).join(""), lost: true });
});

test("a log that is not there yet, or no more, has nothing new", async () => {
    const log = new Log();
    const reader = log.reader();
    expect(await drained(reader)).toEqual({ text: "", lost: false });
    log.print("ready\n");
    expect((await drained(reader)).text).toBe("ready\n");
    log.files.clear();
    expect(await drained(reader)).toEqual({ text: "", lost: false });
});

test("reading begins at the end where it is told to", async () => {
    const log = new Log();
    log.print(lines(1000));
    const [reader, before] = [log.reader(), log.printed.length];
    await reader.beginAtEnd(NEWEST, before);
    log.print(lines(3));
    log.rollOver();
    log.print(lines(3));
    expect(await drained(reader)).toEqual({ text: log.printed.slice(before), lost: false });
});

const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ print: fc.integer({ min: 0, max: 40_000 }) }) },
    { weight: 3, arbitrary: fc.constant({ roll: true }) },
    { weight: 1, arbitrary: fc.constant({ restart: true }) },
    { weight: 3, arbitrary: fc.constant({ look: true }) },
);

test("whatever happens between and during reads, what is returned is what was printed, and all that the host kept", async () => {
    await fc.assert(
        fc.asyncProperty(
            fc.array(step, { maxLength: 14 }),
            fc.array(fc.nat({ max: 6 }), { maxLength: 12 }),
            async (steps, races) => {
                const log = new Log();
                const pending = [...races];
                let wait = pending.shift();
                // The guest goes on while it is read: it fills a file now and then.
                log.meanwhile = () => {
                    if (wait === undefined || wait-- > 0) return;
                    wait = pending.shift();
                    log.print(lines(20));
                    log.rollOver();
                    log.print(lines(1));
                };
                const reader = log.reader();
                let [text, lost] = ["", false];
                const look = async (): Promise<void> => {
                    const piece = await drained(reader);
                    lost ||= piece.lost;
                    text += piece.text;
                };
                for (const one of steps) {
                    if ("print" in one) log.print(lines(one.print / 10));
                    else if ("roll" in one) log.rollOver();
                    else if ("restart" in one) log.restart();
                    else await look();
                }
                log.meanwhile = () => {};
                log.print(lines(1));
                await look();
                const numbers = text
                    .split("\n")
                    .slice(0, -1)
                    .map((line) => Number(/^line (\d+)$/.exec(line)?.[1]));
                // In order and nothing twice; without a gap, unless the host dropped something; up to the end.
                const wrong = numbers.findIndex((number, index) => {
                    const before = numbers[index - 1];
                    if (before === undefined) return Number.isNaN(number);
                    return log.dropped ? !(number > before) : number !== before + 1;
                });
                expect(numbers.slice(Math.max(0, wrong - 1), wrong + 1)).toEqual([]);
                expect(numbers.at(-1)).toBe(count - 1);
                if (!log.dropped) expect(lost).toBe(false);
            },
        ),
        { numRuns: 150 },
    );
});
