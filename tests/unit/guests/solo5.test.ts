import { join } from "node:path";
import { describeKernel, type KernelFacts, readKernel } from "../../../guests";
import type { UnikernelSpec } from "../../../model";
import { abi } from "../../support/abis";
import { makeElf, words } from "./elfFixture";
import { block, nic, scratch, spec } from "./fixtures";

const solo5 = abi("solo5");
const files = scratch();
let facts: KernelFacts;
beforeAll(async () => {
    const kernel = join(files.folder, "hello.virtio");
    await (await import("../../guests/build.mjs")).buildGuest("solo5", kernel);
    facts = await readKernel(kernel);
});
afterAll(() => files.remove());

const disk = (name: string) => block(undefined, { name });
const whole = { blocks: [disk("cache"), disk("storage")], interfaces: [nic(), nic()] };
const made = (changes: Partial<UnikernelSpec> = {}) => spec({ guest: "solo5", ...whole, ...changes });
const encoded = (changes: Partial<UnikernelSpec> = {}) => {
    const one = made(changes);
    return solo5.encode(one, { platform: one.platform, kernel: facts });
};
const problems = (changes: Partial<UnikernelSpec> = {}, from = facts) =>
    solo5.check(made(changes), from).map(({ property, reason }) => `${property}: ${reason}`);

interface Entry {
    name: string;
    type: number;
}
/** A binary with these notes. */
const binary = (target: number, entries: Entry[] | undefined, count = entries?.length ?? 0, version = 1) =>
    readKernel(
        files.write(
            "binary",
            makeElf({
                multiboot: true,
                notes: [
                    { owner: "Solo5", type: 0x31494241, desc: words(target, 1) },
                    ...(entries
                        ? [
                              {
                                  owner: "Solo5",
                                  type: 0x3154464d,
                                  desc: Buffer.concat([words(0, version, count), ...entries.map(entryBytes)]),
                              },
                          ]
                        : []),
                ],
            }),
        ),
    );
function entryBytes({ name, type }: Entry): Buffer {
    const bytes = Buffer.alloc(104);
    bytes.write(name, 0, "latin1");
    bytes.writeUInt32LE(type, 68);
    return bytes;
}

test("recognised by its notes, for the platforms of its target", async () => {
    const platforms = async (target: number) => solo5.recognise(await binary(target, []))?.platforms;
    expect(solo5.recognise(facts)?.platforms).toEqual(["kvm", "iso"]);
    expect(await platforms(3)).toEqual(["kvm", "iso"]);
    expect(await platforms(6)).toEqual(["xen"]);
    for (const target of [1, 2, 4, 5, 99]) expect(await platforms(target)).toBeUndefined();
    expect(describeKernel(await binary(1, []))).toMatch(/^a Solo5 hvt binary; build it for the target virtio/);
});

test("the devices are in the order of the program's own list, blocks by their names", () => {
    expect(encoded().devices).toEqual([{ interface: 0 }, { block: 1 }, { interface: 1 }, { block: 0 }]);
    expect(problems()).toEqual([]);
});

describe("the text that the program gets", () => {
    const address = { ipv4: { address: "10.0.0.2/24", gateway: "10.0.0.1" } };
    const cases: [name: string, changes: Partial<UnikernelSpec>, line: string][] = [
        ["verbatim", { args: ["--hello=a b", "c"] }, "--hello=a b c"],
        [
            "after a word that is skipped, from a medium",
            { platform: "iso", blocks: [], interfaces: [], args: ["x"] },
            "solo5 x",
        ],
        [
            "with MirageOS' options",
            { mirage: true, hostname: "web", interfaces: [nic(address), nic()], args: ["--hello=a b"] },
            '--ipv4=10.0.0.2/24 --ipv4-gateway=10.0.0.1 --name=web "--hello=a b"',
        ],
        ["with MirageOS' quotes", { mirage: true, args: [`a"b\\c`, "it's", ""] }, `"a\\"b\\\\c" it's ""`],
    ];
    test.each(cases)("%s", (_, changes, expected) => expect(encoded(changes).cmdline).toBe(expected));
});

describe("refused, with the property's path", () => {
    const cases: [changes: Partial<UnikernelSpec>, problem: RegExp][] = [
        [
            { blocks: [disk("cache"), disk("data")] },
            /^blocks\[1\]\.name: the program declares no disk "data"; it declares "storage", "cache"$/,
        ],
        [{ blocks: [disk("cache")] }, /^blocks: the program declares the disk "storage", which is not among blocks/],
        [{ interfaces: [nic()] }, /^interfaces: 1 interfaces: the program declares "front", "back"/],
        [
            { blocks: [block("/data", { name: "cache" }), disk("storage")] },
            /^blocks\[0\]\.mount: .*reads a disk itself/,
        ],
        [{ env: { A: "b" } }, /^env\.A: Solo5 hands the program one text/],
        [{ hostname: "web" }, /^hostname: .*mirage: true/],
        [{ initrd: "/tmp/i" }, /^initrd: /],
        [{ args: ["x"], secrets: ["args"] }, /^args\[0\]: a secret/],
        [{ args: ["x".repeat(7936)] }, /^args: the command line is 8192 bytes, the kernel's path included/],
        [{ platform: "iso" }, /^blocks\[0\]: .*a medium brings none/],
    ];
    test.each(cases)("%#", (changes, problem) =>
        expect(problems(changes)).toEqual(expect.arrayContaining([expect.stringMatching(problem)])),
    );

    const one = { name: "a", type: 1 };
    test.each<[string, Parameters<typeof binary>]>([
        ["no list", [3, undefined]],
        ["a name twice", [3, [one, { name: "a", type: 2 }]]],
        ["65 entries", [3, Array.from({ length: 65 }, (_, index) => ({ name: `d${index}`, type: 1 }))]],
        ["more entries than there are", [3, [one], 2]],
        ["an unknown kind", [3, [{ name: "a", type: 7 }]]],
        ["a name that is empty", [3, [{ name: "", type: 1 }]]],
        ["another version", [3, [], 0, 2]],
    ])("a manifest with %s", async (_, notes) =>
        expect(problems({ blocks: [], interfaces: [] }, await binary(...notes))).toEqual([
            expect.stringMatching(/^kernel: its list of devices \(the manifest in its notes\) cannot be read/),
        ]),
    );
    test("a manifest without entries is a program without devices", async () => {
        const none = await binary(3, []);
        expect(problems({ blocks: [], interfaces: [] }, none)).toEqual([]);
        expect(problems({}, none)).toHaveLength(3);
    });
    test("64 entries are taken", async () => {
        const entries = Array.from({ length: 64 }, (_, index) => ({
            name: `d${index}`,
            type: index === 0 ? 1 << 30 : 2,
        }));
        expect(problems({ blocks: [], interfaces: [] }, await binary(3, entries))).toEqual([
            expect.stringMatching(/^interfaces: 0 interfaces: the program declares "d1", /),
        ]);
    });
});

test("an address that the program does not learn is a warning", () => {
    const interfaces = [nic({ ipv4: { address: "10.0.0.2/24" } }), nic({ ipv4: { address: "10.0.1.2/24" } })];
    const warned = (mirage?: boolean) =>
        solo5.warnings(made({ interfaces, mirage }), facts).map(({ property }) => property);
    expect(warned()).toEqual(["interfaces[0].ipv4.address", "interfaces[1].ipv4.address"]);
    expect(warned(true)).toEqual(["interfaces[1].ipv4.address"]);
});

describe("console", () => {
    const cases: [text: string, ended: object | undefined][] = [
        [
            "Solo5: solo5_exit(3) called\nSolo5: Halted\n",
            { how: "exited", status: 3, because: "Solo5: solo5_exit(3) called" },
        ],
        ["solo5_exit(0) called\n", { how: "exited", status: 0, because: "solo5_exit(0) called" }],
        ["Solo5: ABORT: virtio/start.c:1: no\n", { how: "crashed", because: "Solo5: ABORT: virtio/start.c:1: no" }],
        ["Solo5: Halted\n", { how: "halted", because: "Solo5: Halted" }],
        ["Solo5: Bindings version 0.12\n", undefined],
    ];
    test.each(cases)("%#", (text, ended) => expect(solo5.readConsole(text).ended).toEqual(ended));
});
