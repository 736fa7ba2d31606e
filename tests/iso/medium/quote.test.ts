import { loaderCommandLine, quoteWord, wordsFor } from "../../../backends/iso/medium/quote";

// That GRUB itself reads them so is shown by tests/integration/iso-quoting.test.ts.
test.each([
    ["/boot/kernel", "/boot/kernel"],
    ["console=ttyS0,115200", "console=ttyS0,115200"],
    ["", "''"],
    ["two words", "'two words'"],
    ["it's", `'it'\\''s'`],
    ["'", `''\\'''`],
    ['"double"', `'"double"'`],
    ["$HOME ${x}", "'$HOME ${x}'"],
    ["back\\slash", "'back\\slash'"],
    ["日本語 🙂", "'日本語 🙂'"],
    ["line\nbreak", "'line\nbreak'"],
    ["a;b", "'a;b'"],
    ["#x", "'#x'"],
])("the text %j is written as %j", (text, word) => {
    expect(quoteWord(text)).toBe(word);
});

test.each<[string, string[]]>([
    ["", []],
    ["quiet", ["quiet"]],
    ["a b", ["a", "b"]],
    ["a  b", ["a", "", "b"]],
    [" a ", ["", "a", ""]],
    [`"a=b c" d`, ["a=b c", "d"]],
    [`"a  b"`, ["a  b"]],
    [`say=\\"hi\\"`, [`say="hi"`]],
    [`"say=\\"hi you\\""`, [`say="hi you"`]],
    ["C:\\\\x", ["C:\\x"]],
    ["$x `y` #z ; | & < >", ["$x", "`y`", "#z", ";", "|", "&", "<", ">"]],
    ["tab\tand\nbreak", ["tab\tand\nbreak"]],
])("the command line %j is made by the loader from %j", (line, words) => {
    expect(wordsFor(line)).toEqual(words);
    expect(loaderCommandLine(words)).toBe(line);
});

test.each([
    `a="b c"`, // the loader quotes whole words
    `"a"`, // and none without a blank
    `it's`,
    `a"b`,
    `a\\b`,
    `\\`,
    `"a b`,
    `"a b"c`,
    `\\\\x41`,
    `\\x41`, // no two releases do the same with it
])("no words make the command line %j", (line) => {
    expect(wordsFor(line)).toBeUndefined();
});
