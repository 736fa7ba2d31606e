import fc from "fast-check";
import { convert } from "../../../cli/convert";
import { keptStreams } from "../../support/streams";
import { LINES, wordsOf } from "../cli/convertLines";
import { holds } from "./survives";

const lines = Object.values(LINES).map(wordsOf);
const word = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...new Set(lines.flat())) },
    {
        weight: 1,
        arbitrary: fc.constantFrom("", "-", "--", "=", ",", "-W a,", "__proto__", "constructor", "-1", "\u009b\n"),
    },
    { weight: 1, arbitrary: fc.string({ unit: "grapheme", maxLength: 20 }) },
);
/** A line of the golden files in which words are replaced, left out, added or cut; or one of any words. */
const line = fc.oneof(
    fc
        .record({
            words: fc.constantFrom(...lines),
            at: fc.nat(),
            remove: fc.nat({ max: 2 }),
            add: fc.array(word, { maxLength: 2 }),
            cut: fc.option(fc.tuple(fc.nat(), fc.nat({ max: 20 })), { nil: undefined }),
        })
        .map(({ words, at, remove, add, cut }) => {
            const changed = [...words];
            changed.splice(at % (words.length + 1), remove, ...add);
            if (cut && changed.length > 0)
                changed[cut[0] % changed.length] = changed[cut[0] % changed.length]!.slice(0, cut[1]);
            return changed;
        }),
    fc.array(word, { maxLength: 12 }),
    fc.array(word, { maxLength: 8 }).map((words) => ["rumprun", "kvm", ...words]),
);

test("any line ends in a program, or in an error that says what is wrong", async () => {
    const codes = new Set<number>();
    await holds(fc.tuple(line, fc.boolean()), async ([words, yaml]) => {
        const { streams, said } = keptStreams();
        const code = convert({ line: words, yaml }, streams);
        const { out, error } = said;
        codes.add(code);
        expect(out === "").toBe(code === 2 || (code === 1 && /^[^\n]*: not converted: .*\n {2}hint: /.test(error)));
        expect(out + error).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
        if (code === 1) expect(error).toContain("not converted: ");
    });
    expect([...codes].sort()).toEqual([0, 1, 2]);
});
