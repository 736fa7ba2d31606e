import { execFileSync } from "node:child_process";
import { chmodSync, readdirSync, symlinkSync, truncateSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { type KernelFacts, readKernel } from "../../../guests";
import { LONG } from "../../support/killed";
import { processorTime } from "../../support/time";
import { makeBzImage, makeElf, unbaked, words } from "./elfFixture";
import { scratch } from "./fixtures";

const files = scratch();
afterAll(() => files.remove());

const read = (bytes: Uint8Array) => readKernel(files.write("kernel", bytes));

describe("what a kernel says of itself", () => {
    const cases: [name: string, bytes: Buffer, expected: object][] = [
        [
            "ELF64",
            makeElf({ sections: { ".text": "code" } }),
            {
                format: "elf",
                elf: { bits: 64, machine: "x86_64", sections: [".text", ".shstrtab"], notes: [], texts: [] },
            },
        ],
        [
            "ELF32",
            makeElf({ bits: 32, sections: { ".text": "code" } }),
            { elf: { bits: 32, machine: "i386", sections: [".text", ".shstrtab"] } },
        ],
        [
            "no section headers",
            makeElf({ bare: true, sections: { ".rodata": "…rump kernel bare metal bootstrap…" } }),
            { elf: { sections: [], texts: ["rump kernel bare metal bootstrap"] } },
        ],
        [
            "multiboot 1",
            makeElf({ bits: 32, multiboot: true }),
            { multiboot: { offset: 88, flags: 3, addresses: false } },
        ],
        [
            "notes",
            makeElf({
                notes: [
                    { owner: "Xen", type: 18, desc: words(0x1000000) },
                    { owner: "Xen", type: 6, desc: Buffer.from("linux\0") },
                ],
            }),
            {
                elf: {
                    notes: [
                        { owner: "Xen", type: 18, desc: "00000001" },
                        { owner: "Xen", type: 6, desc: "6c696e757800" },
                    ],
                },
            },
        ],
        [
            "symbols, the interesting ones only",
            makeElf({ symbols: ["main", "rumpns_wm_ca", "rumpns_vioif_ca", "rumpns_vioif_cax"] }),
            { elf: { symbols: ["rumpns_vioif_ca", "rumpns_wm_ca"] } },
        ],
        [
            "an interpreter",
            makeElf({ interpreter: "/nonexistent/solo5/" }),
            { elf: { interpreter: "/nonexistent/solo5/" } },
        ],
        [
            "Unikraft's libraries",
            makeElf({ sections: { ".uk_libinfo": libinfo("libkvmplat", "liblwip") } }),
            { elf: { unikraft: { libraries: ["libkvmplat", "liblwip"], parameters: [] } } },
        ],
        [
            "bzImage",
            makeBzImage(),
            {
                format: "bzImage",
                linux: {
                    protocol: "2.15",
                    version: "6.1.0-test (someone@somewhere) #1",
                    maxCmdline: 2047,
                    memoryEnd: 67.5 * 2 ** 20,
                    compression: "lz4",
                },
            },
        ],
        [
            "an old bzImage",
            makeBzImage({ protocol: 0x0204, version: "" }),
            { linux: { protocol: "2.04", version: "", maxCmdline: 255, memoryEnd: undefined, compression: undefined } },
        ],
    ];
    test.each(cases)("%s", async (_, bytes, expected) => {
        expect(await read(bytes)).toMatchObject({ size: bytes.length, ...expected });
    });

    test("a baked kernel keeps its recipe", async () => {
        const elf = makeElf({ sections: { ".note.rumprun.bakerecipe": "rumpkernel.org" } });
        expect((await read(elf)).elf?.sections).toContain(".note.rumprun.bakerecipe");
    });

    test("a stripped kernel says nothing of its symbols", async () => {
        expect((await read(makeElf({}))).elf?.symbols).toBeUndefined();
    });

    const installed = readdirSync("/boot")
        .filter((name) => name.startsWith("vmlinuz-"))
        .map((name) => join("/boot", name));
    test.each([files.write("vmlinuz", makeBzImage()), ...installed])("a Linux kernel such as %s", async (path) => {
        const { linux } = await readKernel(path);
        expect(linux?.version).toMatch(/^\d+\.\d+/);
        expect(linux?.compression).toBeDefined();
    });

    test("the test kernel, as gcc linked it", async () => {
        const { buildTestKernels } = await import("../../guests/build.mjs");
        const { testKernel } = await buildTestKernels();
        expect(await readKernel(testKernel)).toMatchObject({
            elf: { bits: 32, texts: ["rump kernel bare metal bootstrap"] },
            multiboot: { offset: 0x1000 },
        });
    });
});

describe("multiboot header", () => {
    const header = words(0x1badb002, 3, -(0x1badb002 + 3));
    const at = (offset: number, bytes = header) => {
        const elf = Buffer.concat([makeElf({ bits: 32 }), Buffer.alloc(16384)]);
        bytes.copy(elf, offset);
        return read(elf);
    };
    test.each([[4096], [8192 - 12]])("is found at %d", async (offset) =>
        expect((await at(offset)).multiboot?.offset).toBe(offset),
    );
    test.each([[4098], [8192 - 8], [8192], [12288]])("is not looked for at %d", async (offset) =>
        expect((await at(offset)).multiboot).toBeUndefined(),
    );
    test("with a wrong checksum is none", async () =>
        expect((await at(4096, words(0x1badb002, 3, 1))).multiboot).toBeUndefined());
    test("with addresses must be there as a whole", async () => {
        const long = words(0x1badb002, 0x10003, -(0x1badb002 + 0x10003));
        expect((await at(4096, long)).multiboot?.addresses).toBe(true);
        expect((await at(8192 - 16, long)).multiboot).toBeUndefined();
    });
});

describe("what is no kernel is refused, saying what it is", () => {
    const claims = (
        patch: (bytes: Buffer) => void,
        input = makeElf({ notes: [{ owner: "Xen", type: 1 }], symbols: ["a"] }),
    ) => {
        patch(input);
        return input;
    };
    const cases: [name: string, bytes: Buffer, message: RegExp][] = [
        ["nothing", Buffer.alloc(0), /found an empty file; expected a whole x86 kernel/],
        ["one byte", Buffer.from("\x7f"), /starts with 7f;/],
        ["a script", Buffer.from("#!/bin/sh\n"), /a script/],
        ["gzip", Buffer.from("1f8b0800", "hex"), /a gzip file: unpack it first/],
        ["a boot sector", Buffer.concat([Buffer.alloc(510), Buffer.from([0x55, 0xaa])]), /a boot sector/],
        ["aarch64", makeElf({ machine: 183 }), /an ELF file for aarch64/],
        ["an object file", makeElf({ type: 1 }), /not linked/],
        ["an object file with a note", makeElf({ type: 1, sections: { ".note.other": "" } }), /not linked/],
        ["an object file without sections", makeElf({ type: 1, bare: true }), /not linked/],
        ...([32, 64] as const).map((bits): [string, Buffer, RegExp] => [
            `a rumprun program as its compiler leaves it, ${bits} bits`,
            unbaked(bits),
            /found a rumprun program that is not baked; expected a baked one: rumprun-bake hw_virtio OUTPUT INPUT \(for a medium hw_generic, for Xen xen_pv\)$/,
        ]),
        ["the same, cut off", unbaked(64).subarray(0, -64), /a truncated file: its section headers should end at byte/],
        [
            "the same with section headers of another size",
            ((bytes: Buffer) => {
                bytes.writeUInt16LE(40, 58);
                return bytes;
            })(unbaked(64)),
            /not linked/,
        ],
        ["a core dump", makeElf({ type: 4 }), /a core dump/],
        ["big-endian", claims((bytes) => bytes.writeUInt8(2, 5)), /not little-endian/],
        ["ELF class 7", claims((bytes) => bytes.writeUInt8(7, 4)), /unknown class 7/],
        ["no program headers", claims((bytes) => bytes.writeUInt16LE(0, 56)), /without program headers/],
        ["odd program headers", claims((bytes) => bytes.writeUInt16LE(32, 54)), /program headers of 32 bytes/],
        ["odd section headers", claims((bytes) => bytes.writeUInt16LE(40, 58)), /section headers of 40 bytes/],
        [
            "more sections than fit",
            claims((bytes) => bytes.writeUInt16LE(60_000, 60)),
            /truncated file: its section headers should end at byte/,
        ],
        [
            "a segment behind the end",
            claims((bytes) => bytes.writeBigUInt64LE(2n ** 62n, 64 + 8)),
            /truncated ELF file: its program segment/,
        ],
        [
            "a multiboot kernel that is not ELF",
            words(0x1badb002, 3, -(0x1badb002 + 3)),
            /a multiboot kernel that is not ELF/,
        ],
        ["a zImage", makeBzImage({ high: false }), /zImage/],
        ["boot protocol 1", makeBzImage({ protocol: 0x0100 }), /boot protocol 1.00; expected 2.00 to 2.xx/],
    ];
    test.each(cases)("%s", async (_, bytes, message) => {
        await expect(read(bytes)).rejects.toMatchObject({ code: "invalid", message: expect.stringMatching(message) });
    });

    test("a count of sections that does not fit 16 bits is bounded", async () => {
        const elf = makeElf({});
        elf.writeUInt16LE(0, 60);
        elf.writeBigUInt64LE(100_000n, Number(elf.readBigUInt64LE(40)) + 32);
        await expect(read(elf)).rejects.toMatchObject({
            code: "invalid",
            message: expect.stringMatching(/claims 100000 sections; expected at most 65536/),
        });
    });
});

describe("what is not a plain file is refused at once", () => {
    const started = (path: string) => expect(readKernel(path)).rejects;
    test("a directory", () =>
        started(files.folder).toMatchObject({
            code: "invalid",
            message: expect.stringMatching(/found a directory; expected a regular file/),
        }));
    test("a device", () =>
        started("/dev/zero").toMatchObject({ code: "invalid", message: expect.stringMatching(/a device/) }));
    test("a FIFO without a writer", async () => {
        const path = join(files.folder, "fifo");
        execFileSync("mkfifo", [path]);
        await started(path).toMatchObject({ code: "invalid", message: expect.stringMatching(/a FIFO/) });
    });
    test("a socket", async () => {
        const path = join(files.folder, "socket");
        const server = createServer().listen(path);
        await started(path).toMatchObject({ code: "invalid", message: expect.stringMatching(/a socket/) });
        server.close();
    });
    test("a missing file", () =>
        started(join(files.folder, "none")).toMatchObject({
            code: "invalid",
            message: expect.stringMatching(/there is no such file/),
        }));
    test("a file as a folder", () =>
        started(join(files.write("plain", Buffer.from("x")), "kernel")).toMatchObject({ code: "invalid" }));
    test("a loop of links", async () => {
        const path = join(files.folder, "loop");
        symlinkSync(path, path);
        await started(path).toMatchObject({
            code: "invalid",
            message: expect.stringMatching(/loop of symbolic links/),
        });
    });
    test("a file of 3 GiB", async () => {
        const path = files.write("huge", makeElf({}));
        truncateSync(path, 3 * 2 ** 30);
        await started(path).toMatchObject({
            code: "invalid",
            message: expect.stringMatching(/3221225472 bytes; expected at most/),
        });
    });
    test("a file that may not be read", async () => {
        const path = files.write("closed", makeElf({}));
        chmodSync(path, 0);
        // Root reads everything, so it asks as somebody else.
        const root = process.getuid?.() === 0;
        if (root) process.seteuid?.(65534);
        try {
            await started(path).toMatchObject({ code: "permission", message: expect.stringMatching(/cannot be read/) });
        } finally {
            if (root) process.seteuid?.(0);
        }
    });
});

describe("damaged files end in facts or in a clear error, soon", () => {
    const whole = {
        elf64: makeElf({
            multiboot: true,
            notes: [{ owner: "Xen", type: 18, desc: words(1) }],
            symbols: ["rumpns_wm_ca"],
            interpreter: "/x",
            sections: { ".uk_libinfo": libinfo("libkvmplat"), ".rodata": "text" },
        }),
        elf32: makeElf({
            bits: 32,
            multiboot: true,
            notes: [{ owner: "Xen", type: 18, desc: words(1) }],
            symbols: ["rumpns_wm_ca"],
        }),
        bzImage: makeBzImage(),
    };
    /** So many bytes on, which is a byte of each field of four; `--long` takes every byte. Of what is behind the longest header, some. */
    const STEP = LONG ? 1 : 3;
    const EACH = LONG ? "every byte" : "every third byte (every byte: --long)";
    const next = (at: number): number => at + (at < 720 ? STEP : 29);
    const outcome = async (bytes: Uint8Array): Promise<KernelFacts | string> => {
        try {
            return await read(bytes);
        } catch (error) {
            return (error as { code?: string }).code ?? String(error);
        }
    };

    test.each(Object.entries(whole))(`%s cut at ${EACH} of its headers`, async (_, bytes) => {
        for (let length = 0; length < bytes.length; length = next(length)) {
            const result = await outcome(bytes.subarray(0, length));
            // The setup header lets up to 15 bytes at the very end be missing.
            if (!(bytes === whole.bzImage && length > bytes.length - 16))
                expect([length, result]).toEqual([length, "invalid"]);
        }
    });

    test.each(Object.entries(whole))(`%s with ${EACH} of its headers flipped`, async (_, bytes) => {
        for (let at = 0; at < bytes.length; at = next(at)) {
            const damaged = Buffer.from(bytes);
            damaged[at] = ~(damaged[at] ?? 0) & 0xff;
            const result = await outcome(damaged);
            if (typeof result === "string") expect([at, result]).toEqual([at, "invalid"]);
        }
    });

    /** 65,535 sections, each with its name at the start of 8 MiB without a NUL, or with one. */
    function manySections(filling: number): Buffer {
        const names = Buffer.alloc(8 * 1024 * 1024, filling);
        const header = makeElf({ bare: true }).subarray(0, 64);
        header.writeUInt16LE(0, 56);
        const program = programHeader(1, 0, 64);
        header.writeUInt16LE(1, 56);
        header.writeBigUInt64LE(BigInt(64 + 56 + names.length), 40);
        for (const [index, value] of [64, 65_535, 1].entries()) header.writeUInt16LE(value, 58 + index * 2);
        const table = Buffer.alloc(64 * 65_535);
        for (let at = 0; at < table.length; at += 64) {
            table.writeUInt32LE(3, at + 4);
            table.writeBigUInt64LE(BigInt(64 + 56), at + 24);
            table.writeBigUInt64LE(BigInt(names.length), at + 32);
        }
        return Buffer.concat([header, program, names, table]);
    }

    test("names without an end cost what others do", async () => {
        const cost = (bytes: Buffer): Promise<number> => processorTime(() => read(bytes));
        await cost(manySections(0));
        expect(await cost(manySections(0x61))).toBeLessThan(10 * (await cost(manySections(0))));
    });

    test("headers that overlap without end are read within a budget", async () => {
        const notes = Buffer.concat(
            Array.from({ length: 60_000 }, (_, index) => programHeader(4, 4096 + index, 1024 * 1024)),
        );
        const elf = makeElf({ bare: true });
        elf.writeUInt16LE(60_000, 56);
        const bytes = Buffer.concat([elf.subarray(0, 64), notes, Buffer.alloc(2 * 1024 * 1024)]);
        await expect(read(bytes)).rejects.toMatchObject({
            code: "invalid",
            message: expect.stringMatching(/over 4194304 bytes of notes/),
        });
    });
});

function programHeader(type: number, offset: number, length: number): Buffer {
    const row = Buffer.alloc(56);
    row.writeUInt32LE(type, 0);
    row.writeBigUInt64LE(BigInt(offset), 8);
    row.writeBigUInt64LE(BigInt(length), 32);
    return row;
}

function libinfo(...libraries: string[]): Buffer {
    const records = libraries.map((name) => {
        const head = Buffer.alloc(6);
        head.writeUInt16LE(1, 0);
        head.writeUInt32LE(6 + name.length + 1, 2);
        return Buffer.concat([head, Buffer.from(`${name}\0`)]);
    });
    return Buffer.concat(
        records.map((record) => {
            const head = Buffer.alloc(6);
            head.writeUInt32LE(6 + record.length, 0);
            head.writeUInt16LE(1, 4);
            return Buffer.concat([head, record]);
        }),
    );
}
