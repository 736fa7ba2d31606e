import { GrowingText } from "../../../backends/libvirt/lifecycle/readiness/growingText";

/** A file of bytes, and what was read of it. */
function fileOf(content: string) {
    const file = { content: Buffer.from(content), read: [] as number[] };
    const read = async (offset: number | undefined, length: number): Promise<string> => {
        const start = offset ?? Math.max(0, file.content.length - length);
        const piece = file.content.subarray(start, start + length).toString("latin1");
        file.read.push(piece.length);
        return piece;
    };
    return { file, read };
}

test("a second read asks for what is new, and for the few bytes before it", async () => {
    const { file, read } = fileOf("x".repeat(5000));
    const text = new GrowingText(100_000);
    expect(await text.next(read)).toBe(file.content.toString());
    expect(await text.next(read)).toBe(file.content.toString());
    file.content = Buffer.concat([file.content, Buffer.from("\nready\n")]);
    expect(await text.next(read)).toBe(file.content.toString());
    expect(file.read).toEqual([5000, 64, 71]);
});

test("a file that is missing at first is read when it is there", async () => {
    const { file, read } = fileOf("");
    const text = new GrowingText(100);
    expect(await text.next(read)).toBe("");
    file.content = Buffer.from("boot");
    expect(await text.next(read)).toBe("boot");
});

test("a character whose bytes come one by one is whole in the end", async () => {
    const { file, read } = fileOf("");
    const text = new GrowingText(100);
    const bytes = Buffer.from("é→");
    for (let end = 0; end <= bytes.length; end++) {
        file.content = bytes.subarray(0, end);
        await text.next(read);
    }
    expect(await text.next(read)).toBe("é→");
});

test("the text goes on where the daemon begins another file", async () => {
    const { file, read } = fileOf(`${"first ".repeat(50)}\n`);
    const text = new GrowingText(100_000);
    await text.next(read);
    file.content = Buffer.from("second\n");
    expect(await text.next(read)).toBe(`${"first ".repeat(50)}\nsecond\n`);
    file.content = Buffer.from("second\nthird\n");
    expect(await text.next(read)).toBe(`${"first ".repeat(50)}\nsecond\nthird\n`);
});

test("of a long file the end is kept, whether it was long at first or grew", async () => {
    const { file, read } = fileOf("a".repeat(250));
    const text = new GrowingText(100);
    expect(await text.next(read)).toBe("a".repeat(100));
    file.content = Buffer.from(`${"a".repeat(250)}end`);
    expect(await text.next(read)).toBe(`${"a".repeat(97)}end`);

    const other = fileOf("b".repeat(60));
    const grown = new GrowingText(100);
    await grown.next(other.read);
    other.file.content = Buffer.from(`${"b".repeat(120)}end`);
    expect(await grown.next(other.read)).toBe(`${"b".repeat(97)}end`);
    expect(await grown.next(other.read)).toBe(`${"b".repeat(97)}end`);
});
