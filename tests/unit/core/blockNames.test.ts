import { diskNames } from "../../../backends/diskNames";
import { nameBlocks } from "../../../core/unikernel/blocks/blockNames";
import type { Nameable } from "../../../core/unikernel/blocks/nameable";
import type { Access, BlockSpec } from "../../../model";

interface Options {
    name?: string;
    access?: Access;
    mount?: string;
    formerly?: string[];
    image?: string;
}

/** A block as it comes from the program: of a file, or of an image. */
function block(source: string, { name, access = "persist", mount, formerly }: Options = {}): Nameable {
    const path = source.includes("/") ? source : undefined;
    const spec = {
        digest: "d",
        format: "raw",
        access,
        ...(path ? { path } : {}),
        ...(mount ? { mount } : {}),
    } as BlockSpec;
    return { block: spec, base: source.split("/").at(-1), given: name, formerly };
}

/** A block as state has it. */
function stored(name: string, source: string, { access = "persist", mount, image }: Options = {}): BlockSpec {
    const path = source.includes("/") ? source : undefined;
    return {
        name,
        digest: "d",
        format: "raw",
        access,
        ...(path ? { path } : {}),
        ...(image ? { image } : {}),
        ...(mount ? { mount } : {}),
    };
}

const A = "a/disk.img",
    B = "b/disk.img";
const twoFiles = [stored("disk.img", A), stored("disk.img-2", B)];
const oneImageTwice = [stored("data", "data", { mount: "/a" }), stored("data-2", "data", { mount: "/b" })];

test.each<[string, Nameable[], BlockSpec[], string[]]>([
    ["base names", [block("data"), block(A)], [], ["data", "disk.img"]],
    [
        "names of the program, in any order",
        [block(B, { name: "logs" }), block(A, { name: "db" })],
        [stored("db", A), stored("logs", B)],
        ["logs", "db"],
    ],
    [
        "a name, and the disk before it gone",
        [block(B, { name: "logs" })],
        [stored("db", A), stored("logs", B)],
        ["logs"],
    ],
    [
        "disks without data: numbers",
        [block(A, { access: "read" }), block(B, { access: "scratch" })],
        [],
        ["disk.img", "disk.img-2"],
    ],
    [
        "a named persist disk beside one without data",
        [block(A, { access: "read" }), block(B, { name: "disk.img" })],
        [],
        ["disk.img-2", "disk.img"],
    ],
    ["a guest of the first release, unchanged", [block(A), block(B)], twoFiles, ["disk.img", "disk.img-2"]],
    ["a guest of the first release, swapped", [block(B), block(A)], twoFiles, ["disk.img-2", "disk.img"]],
    ["a guest of the first release, the first removed", [block(B)], twoFiles, ["disk.img-2"]],
    [
        "a guest of the first release, a disk of another kind in the count",
        [block(B)],
        [stored("disk.img", A, { access: "read" }), stored("disk.img-2", B)],
        ["disk.img-2"],
    ],
    [
        "one image twice, swapped",
        [block("data", { mount: "/b" }), block("data", { mount: "/a" })],
        oneImageTwice,
        ["data-2", "data"],
    ],
    ["one image twice, the first removed", [block("data", { mount: "/b" })], oneImageTwice, ["data-2"]],
    [
        "one image twice without mounts, unchanged",
        [block("data"), block("data")],
        [stored("data", "data"), stored("data-2", "data")],
        ["data", "data-2"],
    ],
    ["a renamed image with an alias", [block("store", { formerly: ["data"] })], [stored("data", "data")], ["data"]],
    ["the alias is gone since", [block("store")], [stored("data", "data", { image: "store" })], ["data"]],
    [
        "an alias of an image that is another block's now",
        [block("store", { formerly: ["data"] }), block("data")],
        [stored("data", "data")],
        ["store", "data"],
    ],
    ["a renamed image without an alias", [block("store")], [stored("data", "data")], ["store"]],
    ["a moved file", [block("c/disk.img")], [stored("disk.img", A)], ["disk.img"]],
    ["a name that the program leaves out again", [block("data")], [stored("db", "data", { image: "data" })], ["db"]],
])("%s", (_title, blocks, olds, expected) => {
    expect(nameBlocks(blocks, olds)).toMatchObject({ names: expected, problems: [] });
});

test.each<[string, Nameable[], BlockSpec[], string, string[]]>([
    [
        "two files of one base name",
        [block(A), block(B)],
        [],
        "blocks[0].name",
        ['blocks[0]: name: "disk.img"', 'blocks[1]: name: "disk.img-2"', "0.1.0"],
    ],
    [
        "one image twice",
        [block("data", { mount: "/a" }), block("data", { mount: "/b" })],
        [],
        "blocks[0].name",
        ['blocks[0]: name: "data"', 'blocks[1]: name: "data-2"'],
    ],
    [
        "a disk of another kind in the count",
        [block(A, { access: "read" }), block(B)],
        [],
        "blocks[1].name",
        ['blocks[1]: name: "disk.img-2"'],
    ],
    [
        "a second one beside one that is there",
        [block(A), block(B)],
        [stored("disk.img", A)],
        "blocks[1].name",
        ['blocks[0]: name: "disk.img"', 'blocks[1]: name: "disk.img-2"'],
    ],
    [
        "paths that state does not know",
        [block("x/disk.img"), block("y/disk.img")],
        twoFiles,
        "blocks[0].name",
        ['"disk.img" (a/disk.img) and "disk.img-2" (b/disk.img)', 'blocks[0]: name: "disk.img"'],
    ],
    [
        "one of two that are alike removed",
        [block("data")],
        [stored("data", "data"), stored("data-2", "data")],
        "blocks[0].name",
        ['"data" (image data) and "data-2" (image data)'],
    ],
    [
        "one name given twice",
        [block(A, { name: "db" }), block(B, { name: "db" })],
        [],
        "blocks[1].name",
        ['"db" is already the name of blocks[0]'],
    ],
    [
        "a base name that is given to another",
        [block(A), block("c/x.img", { name: "disk.img" })],
        [],
        "blocks[0].name",
        ['blocks[0]: name: "disk.img"'],
    ],
])("refused: %s", (_title, blocks, olds, property, texts) => {
    const { problems } = nameBlocks(blocks, olds);
    expect(problems.map((problem) => problem.property)).toEqual([property]);
    for (const text of texts) expect(problems[0]!.reason).toContain(text);
});

test("the lines of a refusal are taken, and keep the files of the first release, where it numbered twice too", () => {
    const files = diskNames([{ name: "a" }, { name: "a-2" }, { name: "a-2" }]);
    const [{ reason } = { reason: "" }] = nameBlocks([block("a"), block("a"), block("a-2")], []).problems;
    const names = [...reason.matchAll(/blocks\[\d+\]: name: "([^"]+)"/g)].map(([, name]) => name!);
    const all = [block("a", { name: names[0] }), block("a", { name: names[1] }), block("a-2", { name: files[2] })];
    const named = nameBlocks(all, []);
    expect(named.problems).toEqual([]);
    expect(diskNames(named.names.map((name) => ({ name: name! })))).toEqual(files);
});

test("a name that is not known yet is no reason to refuse", () => {
    const unknown: Nameable = { block: { access: "persist", digest: "d", format: "raw" } as BlockSpec };
    expect(nameBlocks([unknown, unknown], [])).toEqual({ names: [undefined, undefined], problems: [], kept: [] });
});
