import { readFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import fc from "fast-check";
import { abis, describeKernel, probeKernel, readKernel, recognise } from "../../../guests";
import { xenBoot } from "../../../guests/kernel";
import { makeBzImage, makeElf, words } from "../guests/elfFixture";
import { scratch } from "../guests/fixtures";
import { mutate, mutations, type Pieces, pieces, textOf } from "./mutate";
import { answer, holds, made, survives } from "./survives";

const files = scratch();
afterAll(() => files.remove());

/** Of Unikraft: {length, version, {type, length, name}…}. */
const libraries = Buffer.concat([
    Buffer.from("1b0000000100", "hex"),
    Buffer.from("010015000000", "hex"),
    Buffer.from("libkvmplat\0\0\0\0\0"),
]);
const notes = [
    { owner: "Xen", type: 18, desc: words(1) },
    { owner: "Xen", type: 6, desc: Buffer.from("linux\0") },
    { owner: "Solo5", type: 0x31494241, desc: words(3) },
];
const kernels = [
    makeElf({
        multiboot: true,
        notes,
        symbols: ["main", "rumpns_wm_ca"],
        interpreter: "/nonexistent/solo5/",
        sections: { ".rodata": "rump kernel bare metal bootstrap", ".uk_libinfo": libraries },
    }),
    makeElf({ bits: 32, multiboot: true, notes, symbols: ["rumpns_vioif_ca"], sections: { ".uk_libinfo": libraries } }),
    makeElf({ bare: true, notes }),
    makeBzImage(),
    Buffer.from(probeKernel()),
];

async function read(bytes: Buffer): Promise<void> {
    const kernel = await readKernel(files.write("kernel", bytes));
    recognise(kernel);
    describeKernel(kernel);
    xenBoot(kernel);
    for (const abi of abis) abi.capabilities(kernel);
}

/** Owners, names and descriptors of any length, whatever their lengths claim. */
const elves = made(
    fc.record({
        bits: fc.constantFrom(32 as const, 64 as const),
        notes: fc.array(fc.record({ owner: pieces(["Xen", "Solo5"], 3), type: fc.nat(20), desc: pieces([], 3) }), {
            maxLength: 3,
        }),
        libraries: fc.array(
            fc.record({ name: pieces(["libkvmplat"], 2), times: fc.constantFrom(1, 2, 1000, 150_000) }),
            { maxLength: 2 },
        ),
        symbols: pieces(["rumpns_", "_ca", "rumpns_wm_ca\0"]),
    }),
    ({ bits, notes: wanted, libraries: wantedLibraries, symbols }) =>
        makeElf({
            bits,
            symbols: [textOf(symbols, 65_536)],
            notes: wanted.map(({ owner, type, desc }) => ({
                owner: textOf(owner, 65_536),
                type,
                desc: Buffer.from(textOf(desc, 65_536), "latin1"),
            })),
            sections: { ".uk_libinfo": librariesOf(wantedLibraries) },
        }),
);

function librariesOf(wanted: { name: Pieces; times: number }[]): Buffer {
    const records = wanted.map(({ name, times }) => {
        const text = Buffer.from(textOf(name, times > 2 ? 1 : 65_536), "latin1");
        const record = Buffer.concat([Buffer.from([1, 0]), words(6 + text.length), text]);
        return Buffer.alloc(times * record.length, record);
    });
    const body = Buffer.concat(records);
    return Buffer.concat([words(6 + body.length), Buffer.from([1, 0]), body]);
}

survives("kernels: ELF, bzImage", {
    samples: kernels,
    tokens: ["\x7fELF", "HdrS", "rumpns_", "_ca", "\0\0\0\0", "Xen\0", "\x01\0\x06\0\0\0"],
    made: elves,
    parse: read,
});

test("a kernel, as gcc linked it", async () => {
    const { buildTestKernels } = await import("../../guests/build.mjs");
    const { testKernel } = await buildTestKernels();
    const whole = readFileSync(testKernel);
    await holds(mutations([]), (changes) => read(mutate(whole, changes, whole.length + 4096)).catch(answer), 3);
});

test("nothing is read past the end of a kernel", async () => {
    const sample = await open(__filename);
    const prototype = Object.getPrototypeOf(sample) as FileHandle;
    await sample.close();
    let size = 0;
    const beyond: [number, number, number][] = [];
    const original: unknown = prototype.read;
    const spy = jest.spyOn(prototype, "read").mockImplementation(function (
        this: FileHandle,
        ...args: unknown[]
    ): never {
        const [, , length, position] = args as [Buffer, number, number, number];
        if (position + length > size) beyond.push([position, length, size]);
        return Reflect.apply(original as (...args: unknown[]) => never, this, args) as never;
    });
    try {
        await holds(
            fc.record({ which: fc.nat(kernels.length - 1), changes: mutations([]) }),
            async ({ which, changes }) => {
                const bytes = mutate(kernels[which]!, changes, 65_536);
                size = bytes.length;
                await read(bytes).catch(answer);
                expect(beyond).toEqual([]);
            },
            3,
        );
        expect(spy).toHaveBeenCalled();
    } finally {
        spy.mockRestore();
    }
});
