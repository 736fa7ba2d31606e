import fc from "fast-check";

/** One change of a file, as data, so that a failure prints it. Places count from the start, and go round at the end. */
export type Mutation =
    | { kind: "flip"; at: number; mask: number }
    | { kind: "number"; at: number; value: bigint; width: 1 | 2 | 4 | 8; bigEndian: boolean }
    | { kind: "truncate"; at: number }
    | { kind: "remove"; at: number; length: number }
    | { kind: "splice"; from: number; length: number; to: number }
    | { kind: "duplicate"; from: number; length: number; times: number }
    | { kind: "insert"; at: number; token: string; times: number };

/** What length fields, counts and offsets go wrong at. */
const NUMBERS = [
    0n,
    1n,
    0x7fn,
    0x80n,
    0xffn,
    0x7fffn,
    0xfffen,
    0xffffn,
    0x10000n,
    0x7fffffffn,
    0x80000000n,
    0xfffffff0n,
    0xffffffffn,
    2n ** 53n,
    2n ** 63n,
    2n ** 64n - 1n,
];

/** Headers are at the start: half of all places are there. */
const place = fc.oneof(fc.nat(256), fc.nat(2 ** 20));
const length = fc.oneof(fc.nat(16), fc.nat(4096));
const times = fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constantFrom(100, 5_000, 30_000));

/** A text, or bytes as latin1, in a short form. */
export type Pieces = { token: string; times: number }[];

/** Texts of a few pieces, some of them many times: what a search that starts over at each character needs long for. */
export function pieces(tokens: string[], maxLength = 6): fc.Arbitrary<Pieces> {
    return fc.array(fc.record({ token: tokenOf(tokens), times }), { maxLength });
}

export function textOf(text: Pieces, limit: number): string {
    return text.reduce(
        (before, { token, times: count }) =>
            before + token.repeat(Math.min(count, Math.floor((limit - before.length) / Math.max(1, token.length)))),
        "",
    );
}

function tokenOf(tokens: string[]): fc.Arbitrary<string> {
    return fc.oneof(
        ...(tokens.length > 0 ? [fc.constantFrom(...tokens)] : []),
        fc.constantFrom("\0", "\xff", " ", "\n", "\r", "a", "0"),
        fc.string({ maxLength: 8 }),
    );
}

/** @param tokens pieces that mean something to the parser, beside single bytes */
export function mutations(tokens: string[]): fc.Arbitrary<Mutation[]> {
    const token = tokenOf(tokens);
    return fc.array(
        fc.oneof(
            fc.record({ kind: fc.constant("flip" as const), at: place, mask: fc.integer({ min: 1, max: 255 }) }),
            fc.record({
                kind: fc.constant("number" as const),
                at: place,
                value: fc.oneof(fc.constantFrom(...NUMBERS), fc.bigInt(0n, 2n ** 64n - 1n)),
                width: fc.constantFrom(1 as const, 2 as const, 4 as const, 8 as const),
                bigEndian: fc.boolean(),
            }),
            fc.record({ kind: fc.constant("truncate" as const), at: place }),
            fc.record({ kind: fc.constant("remove" as const), at: place, length }),
            fc.record({ kind: fc.constant("splice" as const), from: place, length, to: place }),
            fc.record({ kind: fc.constant("duplicate" as const), from: place, length, times }),
            fc.record({ kind: fc.constant("insert" as const), at: place, token, times }),
        ),
        { minLength: 1, maxLength: 6 },
    );
}

/** Apply changes one after the other. What would grow beyond `limit` bytes repeats less often. */
export function mutate(bytes: Buffer, changes: Mutation[], limit: number): Buffer {
    return changes.reduce((before, change) => apply(before, change, limit), bytes);
}

function apply(bytes: Buffer, change: Mutation, limit: number): Buffer {
    const at = (place: number): number => place % (bytes.length + 1);
    const repeated = (piece: Buffer, count: number): Buffer => {
        const room = Math.max(0, limit - bytes.length);
        return Buffer.concat(Array<Buffer>(Math.min(count, Math.floor(room / Math.max(1, piece.length)))).fill(piece));
    };
    const inserted = (place: number, piece: Buffer): Buffer =>
        Buffer.concat([bytes.subarray(0, place), piece, bytes.subarray(place)]);
    switch (change.kind) {
        case "flip":
            return overwritten(bytes, at(change.at), Buffer.from([(bytes[at(change.at)] ?? 0) ^ change.mask]));
        case "number":
            return overwritten(bytes, at(change.at), encoded(change));
        case "truncate":
            return bytes.subarray(0, at(change.at));
        case "remove":
            return Buffer.concat([bytes.subarray(0, at(change.at)), bytes.subarray(at(change.at) + change.length)]);
        case "splice":
            return overwritten(bytes, at(change.to), bytes.subarray(at(change.from), at(change.from) + change.length));
        case "duplicate": {
            const piece = bytes.subarray(at(change.from), at(change.from) + change.length);
            return inserted(at(change.from), repeated(piece, change.times));
        }
        case "insert":
            return inserted(at(change.at), repeated(Buffer.from(change.token, "latin1"), change.times));
    }
}

/** The same length as before. */
function overwritten(bytes: Buffer, at: number, piece: Buffer): Buffer {
    const result = Buffer.from(bytes);
    piece.copy(result, at);
    return result;
}

function encoded({ value, width, bigEndian }: Extract<Mutation, { kind: "number" }>): Buffer {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(value);
    const low = Buffer.from(bytes.subarray(0, width));
    return bigEndian ? low.reverse() : low;
}
