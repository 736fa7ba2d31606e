import { join } from "node:path";
import fc from "fast-check";
import { type KernelFacts, readKernel, type UnikraftFacts } from "../../../guests";
import type { UnikernelSpec } from "../../../model";
import { abi } from "../../support/abis";
import { block, nic, scratch, spec } from "./fixtures";

const unikraft = abi("unikraft");
const files = scratch();
let kernel: string;
let facts: KernelFacts;
beforeAll(async () => {
    kernel = join(files.folder, "web_qemu-x86_64");
    await (await import("../../guests/build.mjs")).buildGuest("unikraft", kernel);
    facts = await readKernel(kernel);
});
afterAll(() => files.remove());

const made = (changes: Partial<UnikernelSpec> = {}) => spec({ guest: "unikraft", kernel, ...changes });
const line = (changes: Partial<UnikernelSpec>, platform: UnikernelSpec["platform"] = "kvm", from = facts) =>
    unikraft.encode(made({ platform, ...changes }), { platform, initrd: changes.initrd, kernel: from }).cmdline;
/** The test kernel's facts with another description of its build. */
const built = (changes: Partial<UnikraftFacts>): KernelFacts => ({
    ...facts,
    elf: { ...facts.elf!, unikraft: { ...facts.elf!.unikraft!, ...changes } },
});
const problems = (changes: Partial<UnikernelSpec>, from = facts) =>
    unikraft.check(made(changes), from).map(({ property, reason }) => `${property}: ${reason}`);
const fixed = (address: string, gateway?: string) => nic({ ipv4: { address, gateway } });

test("a build is read: libraries, and parameters with how many values they take", () => {
    const { libraries, parameters } = facts.elf!.unikraft!;
    // In which order the compiler writes them is its own affair.
    expect(libraries.sort()).toEqual(["libkvmplat", "liblwip", "libukcpio", "libvirtio_net"]);
    expect(Object.fromEntries(parameters!.map(({ name, count }) => [name, count]))).toEqual({
        "netdev.ip": 4,
        "env.vars": 8,
        "vfs.fstab": 16,
    });
    expect(unikraft.recognise(facts)?.platforms).toEqual(["kvm", "iso"]);
});

describe("command lines", () => {
    const cases: [name: string, changes: Partial<UnikernelSpec>, line: string][] = [
        ["nothing", {}, ""],
        ["arguments alone need no separator", { args: ["-c", "/nginx.conf"] }, "-c /nginx.conf"],
        [
            "an address",
            { args: ["-v"], interfaces: [fixed("10.0.0.2/24", "10.0.0.1")] },
            "web_qemu-x86_64 netdev.ip=10.0.0.2/24:10.0.0.1 -- -v",
        ],
        ["DHCP alone", { interfaces: [nic()] }, ""],
        ["DHCP with a host name", { interfaces: [nic()], hostname: "web" }, "web_qemu-x86_64 netdev.ip=::::web --"],
        [
            "a second interface with an address, the first by DHCP",
            { interfaces: [nic(), fixed("10.0.1.2/24")] },
            "web_qemu-x86_64 netdev.ip= netdev.ip=10.0.1.2/24 --",
        ],
        [
            "variables, by name",
            { env: { B: "2", A: "one two" }, args: ["x"] },
            'web_qemu-x86_64 "env.vars=A=one two" env.vars=B=2 -- x',
        ],
        ["quotes", { args: [`a "b"`, "it's", `both ' and "`] }, `'a "b"' "it's" 'both '"'"' and "'`],
    ];
    test.each(cases)("%s", (_, changes, expected) => expect(line(changes)).toBe(expected));

    test("the first word is the program's name where no loader writes the kernel's path", () => {
        for (const platform of ["xen", "iso"] as const)
            expect(line({ args: ["-v"] }, platform)).toBe("web_qemu-x86_64 -v");
    });

    test("an initrd becomes the root, by the parameter or by the build", () => {
        expect(line({ initrd: "/tmp/i", args: ["x"] })).toBe(
            "web_qemu-x86_64 vfs.fstab=initrd0:/:extract::ramfs=1: -- x",
        );
        expect(line({ initrd: "/tmp/i", args: ["x"] }, "kvm", built({ parameters: [] }))).toBe("x");
    });
});

/** Split as lib/ukargparse of Unikraft does: the rules that its test kernel has in C. */
function split(text: string): string[] {
    const words: string[] = [];
    let word: string | undefined;
    let quote = "";
    for (let at = 0; at < text.length; at++) {
        const character = text[at]!;
        if (!quote && character === " ") {
            if (word !== undefined) words.push(word);
            word = undefined;
        } else if ((character === "'" || character === '"') && (!quote || quote === character)) {
            quote = quote ? "" : character;
        } else {
            const escapes = character === "\\" && quote !== "'";
            word = (word ?? "") + (escapes ? (text[++at] ?? "") : character);
        }
    }
    return word === undefined ? words : [...words, word];
}

test("any argument and variable arrives as it was written", () => {
    const text = fc.string({
        unit: fc.constantFrom("a", " ", "'", '"', "\\", "=", "[", "]", "$"),
        minLength: 1,
        maxLength: 8,
    });
    fc.assert(
        fc.property(fc.array(text, { maxLength: 4 }), fc.dictionary(fc.constantFrom("A", "B"), text), (args, env) => {
            fc.pre(!args.includes("--"));
            const words = split(line({ args, env }));
            const variables = Object.entries(env)
                .sort(([one], [other]) => (one < other ? -1 : 1))
                .map(([name, value]) => `env.vars=${name}=${value}`);
            expect(words).toEqual(variables.length > 0 ? ["web_qemu-x86_64", ...variables, "--", ...args] : args);
        }),
    );
});

describe("refused, with the property's path", () => {
    const cases: [changes: Partial<UnikernelSpec>, problem: RegExp][] = [
        [{ args: ["a", ""] }, /^args\[1\]: Unikraft drops an empty argument/],
        [{ args: ["a", "--"] }, /^args\[1\]: Unikraft would take "--"/],
        [{ args: ["password=x"], secrets: ["args[0]"] }, /^args\[0\]: a secret would stand on the command line/],
        [{ env: { A: "b" }, secrets: ["env.A"] }, /^env\.A: a secret/],
        [{ env: { A: "a\nb" } }, /^env\.A: .*line break/],
        [
            { env: Object.fromEntries([..."ABCDEFGHI"].map((name) => [name, "x"])) },
            /^env: 9 values of env\.vars: .* at most 8/,
        ],
        [{ hostname: "web" }, /^hostname: .* with an interface; this guest has none/],
        [{ blocks: [block("/data")] }, /^blocks\[0\]: the kernel was built without libvirtio_blk/],
        [{ interfaces: [nic({ driver: "vioif" })] }, /^interfaces\[0\]\.driver: .* names its interfaces itself/],
        [{ interfaces: [nic({ ipv6: { address: "fd00::2/64" } })] }, /^interfaces\[0\]\.ipv6: .* IPv4 addresses only/],
        [
            { args: ["x".repeat(3841)] },
            /^args: the command line is 4097 bytes, the kernel's path included; .* at most 4096/,
        ],
        [{ args: Array.from({ length: 59 }, () => "x") }, /^args: the command line is 60 words/],
        [{ interfaces: Array.from({ length: 5 }, () => nic()) }, /^interfaces: 5 interfaces: .* at most 4/],
        [{ memory: 2 }, /^memory: /],
    ];
    test.each(cases)("%#", (changes, problem) =>
        expect(problems(changes)).toEqual(expect.arrayContaining([expect.stringMatching(problem)])),
    );

    test("one byte less and one word less are taken", () => {
        expect(problems({ args: ["x".repeat(3840)] })).toEqual([]);
        expect(problems({ args: Array.from({ length: 58 }, () => "x") })).toEqual([]);
    });

    test("parameters that the build does not take, with the build option", () => {
        const without = built({ parameters: [] });
        expect(problems({ interfaces: [fixed("10.0.0.2/24")] }, without)).toEqual([
            expect.stringMatching(/^interfaces\[0\]\.ipv4\.address: .*CONFIG_LIBUKNETDEV_EINFO_LIBPARAM=y/),
        ]);
        expect(problems({ env: { A: "b" } }, without)).toEqual([
            expect.stringMatching(/^env: .*CONFIG_LIBPOSIX_ENVIRON_LIBPARAM=y/),
        ]);
        expect(problems({ args: ["a", "--"] }, without)).toEqual([]);
        expect(problems({ interfaces: [fixed("10.0.0.2/24")] }, built({ parameters: undefined }))).toEqual([]);
    });

    test("devices without a driver", () => {
        expect(problems({ interfaces: [nic()] }, built({ libraries: ["libkvmplat"] }))).toEqual([
            "interfaces[0]: the kernel was built without libvirtio_net, which this needs",
        ]);
    });

    test.each([
        ["a gzip file", Buffer.from([0x1f, 0x8b, 8, 0, 0, 0]), /^initrd: found a gzip file; .*unpack it first/],
        ["an old cpio", Buffer.from("070707000000"), /^initrd: found a cpio archive of the old form/],
        ["a text", Buffer.from("hello, world"), /^initrd: found a file that starts with 68 65 6c/],
    ])("%s as initrd", (_, bytes, problem) =>
        expect(problems({ initrd: files.write("initrd", bytes) })).toEqual([expect.stringMatching(problem)]),
    );
    test("a newc archive as initrd is taken", () =>
        expect(problems({ initrd: files.write("good", Buffer.from("070701000")) })).toEqual([]));
});

describe("console", () => {
    const cases: [text: string, ended: object | undefined][] = [
        [
            "[    0.1] CRIT: [libkvmplat] <traps.c @ 93> page fault\r\n[    0.1] CRIT: [libkvmplat] <traps.c @ 98> Crashing\r\n",
            { how: "crashed", because: "[    0.1] CRIT: [libkvmplat] <traps.c @ 93> page fault" },
        ],
        [
            "CRIT: [libkvmplat] Unhandled Trap 13 (general protection)\n",
            { how: "crashed", because: "CRIT: [libkvmplat] Unhandled Trap 13 (general protection)" },
        ],
        [
            "[ 1.0] CRIT: [libnolibc] <abort.c @ 9> abort called\n",
            { how: "crashed", because: "[ 1.0] CRIT: [libnolibc] <abort.c @ 9> abort called" },
        ],
        [
            "ERR:  [libukboot] Init function at 0x1 returned error -22\n",
            { how: "crashed", because: "ERR:  [libukboot] Init function at 0x1 returned error -22" },
        ],
        [
            "[ 1.0] Info: <boot.c @ 4> main returned 3\n",
            { how: "exited", status: 3, because: "[ 1.0] Info: <boot.c @ 4> main returned 3" },
        ],
        ["nginx: a line with Crashing\nabort called by the user\n", undefined],
        ["Powered by\nen1: Interface is up\n", undefined],
    ];
    test.each(cases)("%#", (text, ended) => expect(unikraft.readConsole(text).ended).toEqual(ended));
});
