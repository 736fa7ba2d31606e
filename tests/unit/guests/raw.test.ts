import type { KernelFacts } from "../../../guests";
import type { UnikernelSpec } from "../../../model";
import { abi } from "../../support/abis";
import { block, nic, spec } from "./fixtures";

const raw = abi("raw");
const kernel: KernelFacts = { format: "bzImage", size: 1, linux: { protocol: "2.15", version: "6.1", maxCmdline: 64 } };
const problems = (changes: Partial<UnikernelSpec>, facts = kernel) =>
    raw.check(spec({ guest: "raw", ...changes }), facts).map(({ property, reason }) => `${property}: ${reason}`);

test("kernel, initrd and command line are verbatim", () => {
    const one = spec({ guest: "raw", args: ["console=ttyS0", 'dyndbg="file a.c +p"', "", "-- x"] });
    expect(raw.encode(one, { platform: "kvm", initrd: "/tmp/i" })).toEqual({
        cmdline: 'console=ttyS0 dyndbg="file a.c +p"  -- x',
        initrd: [{ file: "/tmp/i" }],
        secret: false,
        guestConfig: 'console=ttyS0 dyndbg="file a.c +p"  -- x',
    });
    expect(raw.encode(spec({ guest: "raw" }), { platform: "kvm" })).toMatchObject({ cmdline: "", initrd: [] });
});

test("on a medium the kernel's own headers say how it is started", () => {
    const encoded = (facts?: KernelFacts) =>
        raw.encode(spec({ guest: "raw", platform: "iso", args: ["A=b"] }), {
            platform: "iso",
            initrd: "/tmp/i",
            kernel: facts,
        });
    const elf: KernelFacts = {
        format: "elf",
        size: 1,
        elf: { bits: 32, machine: "i386", sections: [], notes: [], texts: [] },
    };
    expect(encoded(kernel)).toEqual({
        cmdline: "A=b",
        initrd: [{ file: "/tmp/i" }],
        secret: false,
        guestConfig: "A=b",
        medium: { protocol: "linux", blocks: [], files: {} },
    });
    expect(encoded({ ...elf, multiboot: { offset: 4096, flags: 0, addresses: false } })).toMatchObject({
        initrd: [{ file: "/tmp/i" }],
        medium: { protocol: "multiboot", blocks: [], files: {} },
    });
    for (const facts of [elf, undefined])
        expect(() => encoded(facts)).toThrow(expect.objectContaining({ code: "invalid", property: "kernel" }));
});

describe("refused, with the property's path", () => {
    const cases: [changes: Partial<UnikernelSpec>, problem: RegExp][] = [
        [{ args: ["a", "password=x"], secrets: ["args[1]"] }, /^args\[1\]: a secret would stand on the command line/],
        [{ args: ["a\nb"] }, /^args\[0\]: .*line break/],
        [
            { args: ["x".repeat(60), "x".repeat(4)] },
            /^args: the command line is 65 bytes; this kernel takes at most 64$/,
        ],
        [{ env: { A: "b" } }, /^env\.A: a raw guest gets no configuration/],
        [{ env: { A: "b" }, secrets: ["env.A"] }, /^env\.A: /],
        [{ hostname: "web" }, /^hostname: a raw guest/],
        [{ blocks: [block("/a")] }, /^blocks\[0\]\.mount: a raw guest/],
        [{ interfaces: [nic({ driver: "eth" })] }, /^interfaces\[0\]\.driver: a raw guest/],
        [{ memory: 0 }, /^memory: /],
        [{ mirage: true }, /^mirage: only a solo5 guest/],
        [{ platform: "iso", blocks: [block()] }, /^blocks\[0\]: a raw guest cannot learn where on a medium/],
    ];
    test.each(cases)("%#", (changes, problem) => expect(problems(changes)).toEqual([expect.stringMatching(problem)]));
    test("every secret argument, where all are", () =>
        expect(problems({ args: ["a", "b"], secrets: ["args"] })).toHaveLength(2));
    test("a file that no loader takes", () =>
        expect(
            problems(
                {},
                { format: "elf", size: 1, elf: { bits: 64, machine: "x86_64", sections: [], notes: [], texts: [] } },
            ),
        ).toEqual([expect.stringMatching(/^kernel: no boot loader accepts it/)]));
    test("nothing of disks and interfaces that the guest finds itself", () =>
        expect(problems({ blocks: [block()], interfaces: [nic()] })).toEqual([]));
});

test("an address that the guest is not told is a warning", () => {
    const interfaces = [nic(), nic({ ipv4: { address: "10.0.0.2/24" }, ipv6: { address: "fd00::2/64" } })];
    expect(raw.warnings(spec({ guest: "raw", interfaces }), kernel).map(({ property }) => property)).toEqual([
        "interfaces[1].ipv4.address",
        "interfaces[1].ipv6.address",
    ]);
});

test("only a Linux panic is certain on the console", () => {
    expect(raw.readConsole("halted\npanic: x\n")).toEqual({});
    expect(raw.readConsole("[ 1.0] Kernel panic - not syncing: x\n").ended).toEqual({
        how: "crashed",
        because: "Kernel panic - not syncing: x",
    });
});
