import type { KernelFacts } from "../../../guests";
import type { ConsoleVerdict, UnikernelSpec } from "../../../model";
import { abi } from "../../support/abis";
import { block, nic, spec } from "./fixtures";

const rumprun = abi("rumprun");
const kernel: KernelFacts = {
    format: "elf",
    size: 1,
    elf: { bits: 64, machine: "x86_64", sections: [], notes: [], texts: [] },
};
const withSymbols = (...drivers: string[]): KernelFacts => ({
    ...kernel,
    elf: {
        bits: 64,
        machine: "x86_64",
        sections: [],
        notes: [],
        texts: [],
        symbols: drivers.map((driver) => `rumpns_${driver}_ca`),
    },
});
const problems = (changes: Partial<UnikernelSpec>, facts = kernel) =>
    rumprun.check(spec(changes), facts).map(({ property, reason }) => `${property}: ${reason}`);
const warnings = (changes: Partial<UnikernelSpec>, facts = kernel) =>
    rumprun.warnings(spec(changes), facts).map(({ property, reason }) => `${property}: ${reason}`);
/** A configuration of so many bytes: 24 stand around the argument. */
const argument = (length: number) => ({ args: ["x".repeat(length - 24)] });

describe("taken", () => {
    const cases: [name: string, changes: Partial<UnikernelSpec>][] = [
        ["nothing but a kernel", {}],
        [
            "blanks, commas, braces, equals signs, UTF-8",
            { args: ["a b", "c,d", "{e}", "f=g", "ü"], env: { A: "b c=d{}'" } },
        ],
        ["the memory with which a small program boots", { memory: 8 }],
        ["ten disks", { blocks: Array.from({ length: 10 }, (_, index) => block(`/data${index}`)) }],
        ["a configuration of 4094 bytes", argument(4094)],
        [
            "a configuration of 64 KiB, as a file of a medium",
            { ...argument(65536 - 86), platform: "iso", blocks: [block("/a")] },
        ],
        [
            "images of any name on a medium",
            {
                platform: "iso",
                blocks: [block("/a", { name: "it's a $ü;.iso" }), block("/b", { name: "x".repeat(255) })],
            },
        ],
        [
            "ext2, qcow2, raw",
            {
                blocks: [
                    block("/a", { format: "ext2" }),
                    block("/b", { format: "qcow2" }),
                    block(undefined, { format: "raw" }),
                ],
            },
        ],
    ];
    test.each(cases)("%s", (_, changes) => expect(problems(changes)).toEqual([]));
});

describe("refused, with the property's path", () => {
    const cases: [changes: Partial<UnikernelSpec>, problem: RegExp][] = [
        [argument(4095), /^: the guest's configuration \(args, env, .*\) is 4095 bytes; rumprun takes at most 4094$/],
        [{ ...argument(4010), platform: "xen" }, /^: .* at most 4064$/],
        [{ args: ["ok", 'say "hi"'] }, /^args\[1\]: .*double quote/],
        [{ args: ["back\\slash"] }, /^args\[0\]: .*backslash/],
        [{ args: ["it's"] }, /^args\[0\]: .*single quote/],
        [{ args: ["two\nlines"] }, /^args\[0\]: .*control characters/],
        [{ args: ["nul\0"] }, /^args\[0\]: .*control characters/],
        [{ env: { A: 'b"' } }, /^env\.A: .*double quote/],
        [{ env: { A: "\x7f" } }, /^env\.A: .*control characters/],
        [{ env: { "A=B": "c" } }, /^env\.A=B: "A=B" is not a name of a variable/],
        [{ env: { "": "c" } }, /^env\.: "" is not a name/],
        [{ env: { "1A": "c" } }, /^env\.1A: /],
        [{ args: ["_RUMPRUN_ROOTFSCFG=/x"] }, /^args\[0\]: rumprun interprets/],
        [{ kernel: "./bin/it's nginx" }, /^kernel: .*single quote/],
        [{ hostname: "a b" }, /^hostname: "a b" is not a host name/],
        [{ hostname: "-web" }, /^hostname: /],
        [{ hostname: `${"a.".repeat(130)}a` }, /^hostname: .*at most 255/],
        [{ memory: 7 }, /^memory: 7 MiB: .* less than 8$/],
        [
            { blocks: [block("/a"), block("/a/")] },
            /^blocks\[1\]\.mount: "\/a\/" is the mount point of blocks\[0\] too$/,
        ],
        [{ blocks: [block("etc")] }, /^blocks\[0\]\.mount: "etc" is not absolute; write "\/etc"$/],
        [{ blocks: [block("")] }, /^blocks\[0\]\.mount: "" is not absolute/],
        [{ blocks: [block("//")] }, /^blocks\[0\]\.mount: .*hide the guest's own root/],
        [{ blocks: [block("/a/../b")] }, /^blocks\[0\]\.mount: .*"\.\."/],
        [{ blocks: [block('/"')] }, /^blocks\[0\]\.mount: .*double quote/],
        [
            { blocks: [block("/a", { format: "ext4" })] },
            /^blocks\[0\]\.image: .*not ext4; choose format ext2 or iso9660$/,
        ],
        [{ blocks: Array.from({ length: 11 }, () => block()) }, /^blocks: 11 disks: .*at most 10$/],
        [{ interfaces: Array.from({ length: 9 }, () => nic()) }, /^interfaces: 9 interfaces: .*at most 8$/],
        [{ interfaces: [nic(), nic({ driver: "vioif0" })] }, /^interfaces\[1\]\.driver: "vioif0" is not a base name/],
        [{ initrd: "./initrd" }, /^initrd: rumprun takes no initrd/],
        [
            { ...argument(65536 - 85), platform: "iso", blocks: [block("/a")] },
            /^: .* is 65537 bytes; rumprun takes at most 65536$/,
        ],
        [{ ...argument(4095), platform: "iso" }, /^: .* at most 4094$/],
        ...["", ".", "..", "a/b", "x".repeat(256), "ü".repeat(128)].map((name): [Partial<UnikernelSpec>, RegExp] => [
            { platform: "iso", blocks: [block("/a", { name })] },
            /^blocks\[0\]\.image: ".*" cannot be the name of a file on the medium/,
        ]),
        [{ platform: "iso", blocks: [block("/a", { name: 'a"', path: "./a" })] }, /^blocks\[0\]\.path: .*double quote/],
        [{ platform: "iso", blocks: [block("/a", { name: "a\n" })] }, /^blocks\[0\]\.image: .*control characters/],
        [
            { platform: "iso", blocks: [block("/a", { access: "scratch", format: "ext2" })] },
            /^blocks\[0\]\.access: rumprun attaches the images of a medium read-only/,
        ],
        [
            { platform: "iso", blocks: [block("/a", { format: "qcow2" })] },
            /^blocks\[0\]\.image: a machine cannot mount a qcow2 image/,
        ],
    ];
    test.each(cases)("%#", (changes, problem) => expect(problems(changes)).toEqual([expect.stringMatching(problem)]));

    test("every problem at once", () =>
        expect(problems({ memory: 1, hostname: "_", args: ["'"], blocks: [block("x")] })).toHaveLength(4));
    test("a kernel of another kind", () =>
        expect(problems({}, { format: "bzImage", size: 1 })).toEqual([expect.stringMatching(/^guest: /)]));
});

/** The drivers of `hw_generic` (app-tools/rumprun-bake.conf) that matter here, by their symbols. */
const HW_GENERIC = [
    ...["vioif", "ld_virtio", "viornd", "virtio_pci", "wm"],
    ...["ehci_pci", "ohci_pci", "uhci_pci", "usb", "uhub", "umass", "scsibus", "sd"],
];

describe("warned of", () => {
    const BIOS = /^platform: rumprun starts under BIOS only/;
    const cases: [name: string, changes: Partial<UnikernelSpec>, kernel: KernelFacts, expected: RegExp[]][] = [
        [
            "a mount at /etc",
            { blocks: [block("/etc")] },
            kernel,
            [/^blocks\[0\]\.mount: a mount at \/etc hides the built-in passwd.*\/etc\/nginx or \/data/],
        ],
        ["a mount at /etc/", { blocks: [block("/etc/")] }, kernel, [/hides the built-in passwd/]],
        ["a mount at /dev", { blocks: [block("/dev")] }, kernel, [/hides the devices/]],
        ["a mount below /etc", { blocks: [block("/etc/nginx")] }, kernel, []],
        ["two processors", { vcpus: 2 }, kernel, [/^vcpus: 2: rumprun uses one/]],
        [
            "writing to iso9660",
            { blocks: [block("/a", { access: "persist" })] },
            kernel,
            [/^blocks\[0\]\.access: "persist" on an iso9660/],
        ],
        [
            "a driver that is not linked in",
            { interfaces: [nic({ driver: "wm" })] },
            withSymbols("vioif"),
            [/^interfaces\[0\]\.driver: .*"wm"/],
        ],
        ["the default driver not linked in", { interfaces: [nic()] }, withSymbols("wm"), [/"vioif"/]],
        ["a driver that is linked in", { interfaces: [nic({ driver: "vioif" })] }, withSymbols("vioif"), []],
        ["the default driver", { interfaces: [nic()] }, withSymbols("vioif"), []],
        [
            "anything about a stripped kernel",
            { interfaces: [nic({ driver: "vioif" })], blocks: [block("/a")] },
            kernel,
            [],
        ],
        [
            "a driver of a card that KVM does not have, linked in or not",
            { interfaces: [nic(), nic({ driver: "wm" })] },
            withSymbols("wm", "vioif"),
            [
                /^interfaces\[1\]\.driver: "wm" finds no card on kvm, where the card of an interface is always virtio: leave driver out, or write "vioif"$/,
            ],
        ],
        [
            "the same of a stripped kernel",
            { interfaces: [nic({ driver: "wm" })] },
            kernel,
            [/^interfaces\[0\]\.driver: "wm" finds no card on kvm/],
        ],
        [
            "a driver of a card that Xen does not have",
            { platform: "xen", interfaces: [nic({ driver: "vioif" })] },
            kernel,
            [
                /^interfaces\[0\]\.driver: "vioif" finds no card on xen, where the card of an interface is always paravirtual: .* "xenif"$/,
            ],
        ],
        [
            "a machine may have any card",
            { platform: "iso", interfaces: [nic({ driver: "vioif" })] },
            withSymbols("vioif"),
            [BIOS],
        ],
        ["enough memory", { memory: 14 }, kernel, []],
        ["memory that is refused", { memory: 7 }, kernel, []],
        [
            "memory for a small program only",
            { memory: 13 },
            kernel,
            [/^memory: 13 MiB: only small programs, not nginx, boot with less than 14$/],
        ],
        [
            "the same on Xen",
            { memory: 8, platform: "xen" },
            kernel,
            [/^memory: 8 MiB: only small programs, not nginx, boot with less than 14$/],
        ],
        ["a disk without its driver", { blocks: [block("/a")] }, withSymbols("vioif"), [/^blocks: .*ld_virtio$/]],
        ["a medium: BIOS only", { platform: "iso" }, kernel, [BIOS]],
        [
            "a medium's consoles",
            { platform: "iso", console: ["vga"] },
            kernel,
            [BIOS, /^console: has no effect on rumprun/],
        ],
        [
            "a medium without the default driver",
            { platform: "iso", interfaces: [nic()] },
            withSymbols("vioif"),
            [/^interfaces\[0\]\.driver: .*"wm"/, BIOS],
        ],
        [
            "a stripped guest's own medium",
            { platform: "iso", blocks: [block("/a")] },
            kernel,
            [
                BIOS,
                /^blocks: .*first disk: a USB stick \(with umass, sd and ehci or uhci or ohci or xhci linked in; a build from the sources of 2016–2020 panics at one unless .*NUSB_DMA=1\), a virtio disk \(with ld_virtio linked in\), .*never an IDE or SATA CD/,
            ],
        ],
        [
            "a USB stick without a host controller",
            { platform: "iso", blocks: [block("/a")] },
            withSymbols("umass", "sd"),
            [
                BIOS,
                /: not a USB stick, because it has no ehci or uhci or ohci or xhci linked in, not a virtio disk, because it has no ld_virtio linked in, not a virtio SCSI disk, because it has no vioscsi linked in;/,
            ],
        ],
        [
            "a USB stick without umass",
            { platform: "iso", blocks: [block("/a")] },
            withSymbols("sd", "ehci_pci"),
            [BIOS, /not a USB stick, because it has no umass linked in/],
        ],
        ...["ehci_pci", "uhci_pci", "ohci_pci", "xhci_pci"].map(
            (controller): [string, Partial<UnikernelSpec>, KernelFacts, RegExp[]] => [
                `a USB stick behind ${controller}, which older builds panic at`,
                { platform: "iso", blocks: [block("/a")] },
                withSymbols("umass", "sd", controller),
                [
                    BIOS,
                    /first disk: a USB stick \(a build from the sources of 2016–2020 panics at one unless its libusb was built with NUSB_DMA=1\), not a virtio disk/,
                ],
            ],
        ),
        [
            "a medium of rumprun-bake's hw_generic",
            { platform: "iso", blocks: [block("/a")], interfaces: [nic()] },
            withSymbols(...HW_GENERIC),
            [
                BIOS,
                /first disk: a USB stick \(.*NUSB_DMA=1\), a virtio disk, not a virtio SCSI disk, because it has no vioscsi linked in; never an IDE or SATA CD\. Without data images, with the files cooked into the kernel instead, it needs no driver for its medium$/,
            ],
        ],
        [
            "hw_generic on a stick, also without data images",
            { platform: "iso" },
            withSymbols(...HW_GENERIC),
            [
                BIOS,
                /^kernel: it has USB drivers linked in, .*NUSB_DMA=1\. Without data images it needs no USB drivers$/,
            ],
        ],
        ["hw_generic on a host, which has no USB", {}, withSymbols(...HW_GENERIC), []],
        [
            "a medium that can be anything",
            { platform: "iso", blocks: [block("/a")] },
            withSymbols("umass", "sd", "uhci_pci", "ld_virtio", "vioscsi"),
            [BIOS, /first disk: a USB stick \(.*\), a virtio disk, a virtio SCSI disk; never an IDE/],
        ],
        [
            "a card whose driver is attached to PCI by its symbol's name",
            { platform: "iso", interfaces: [nic({ driver: "pcn" })] },
            withSymbols("pcn_pci"),
            [BIOS],
        ],
        [
            "Xen, whose drivers are always there",
            { platform: "xen", interfaces: [nic()], blocks: [block("/a")] },
            withSymbols("wm"),
            [],
        ],
    ];
    test.each(cases)("%s", (_, changes, facts, expected) => {
        expect(warnings(changes, facts)).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
    });
});

describe("the console", () => {
    const cases: [text: string, ended: ConsoleVerdict["ended"]][] = [
        ["", undefined],
        ['rump kernel bare metal bootstrap\r\n\r\n=== calling "nginx" main() ===\r\n', undefined],
        [
            '=== main() of "nginx" returned 0 ===\r\nhalted\r\n',
            { how: "exited", status: 0, because: '=== main() of "nginx" returned 0 ===' },
        ],
        [
            '=== main() of "a b" returned 3 ===',
            { how: "exited", status: 3, because: '=== main() of "a b" returned 3 ===' },
        ],
        ["=== ERROR: _exit(1) called ===\n", { how: "exited", status: 1, because: "=== ERROR: _exit(1) called ===" }],
        ["=== _exit(0) called ===\n", { how: "exited", status: 0, because: "=== _exit(0) called ===" }],
        [
            'rumprun: no match for key "x"\r\n\r\n=== bootstrap failed\r\nhalted\r\n',
            { how: "crashed", because: 'rumprun: no match for key "x"' },
        ],
        ["=== bootstrap failed\n", { how: "crashed", because: "=== bootstrap failed" }],
        ["panic: out of memory\n", { how: "crashed", because: "panic: out of memory" }],
        [
            "PANIC: command line too long\nhalted (well, spinning ...)\n",
            { how: "crashed", because: "PANIC: command line too long" },
        ],
        ["halted\n", { how: "halted", because: "halted" }],
        [
            "FATAL TRAP: page fault at 0x0000000000000000 (rip 0x0000000000100abc)\r\n",
            { how: "crashed", because: "FATAL TRAP: page fault at 0x0000000000000000 (rip 0x0000000000100abc)" },
        ],
        [
            "FATAL pagefault at address 0x8 (rip 0x101000)\n",
            { how: "crashed", because: "FATAL pagefault at address 0x8 (rip 0x101000)" },
        ],
        [
            "FATAL:  Unhandled Trap 6 (invalid operand), error code=0x0\n",
            { how: "crashed", because: "FATAL:  Unhandled Trap 6 (invalid operand), error code=0x0" },
        ],
        [
            "Page fault at linear address 0x10, rip 0x1000, regs 0x2000, sp 0x3000, our_sp 0x4000, code 2\n",
            {
                how: "crashed",
                because: "Page fault at linear address 0x10, rip 0x1000, regs 0x2000, sp 0x3000, our_sp 0x4000, code 2",
            },
        ],
        [
            "Page fault in pagetable walk (access to invalid memory?).\n",
            { how: "crashed", because: "Page fault in pagetable walk (access to invalid memory?)." },
        ],
        ["GPF rip: 0x1000, error_code=0\n", { how: "crashed", because: "GPF rip: 0x1000, error_code=0" }],
        ["GPF eip: 0x1000, error_code=0\n", { how: "crashed", because: "GPF eip: 0x1000, error_code=0" }],
        ["Copro error\nDo_exit called!\n", { how: "crashed", because: "Copro error" }],
        ["SIMD error\nSIMD copro error\n", undefined],
        [
            "ASSERTION FAILED: mfn == 0 at mm.c:42.\nDo_exit called!\n",
            { how: "crashed", because: "ASSERTION FAILED: mfn == 0 at mm.c:42." },
        ],
        ["Debug exception\nDo_exit called!\n", { how: "crashed", because: "Debug exception" }],
        ["Do_exit called!\nbase is 0x1000\n", { how: "crashed", because: "Do_exit called!" }],
        ["PANIC: no memory\nminios: halting, reason=1\n", { how: "crashed", because: "PANIC: no memory" }],
        ["minios: halting, reason=1\n", { how: "halted", because: "minios: halting, reason=1" }],
        ['10.0.0.9 "GET /FATAL TRAP: page fault at 0x0"\n', undefined],
        ['10.0.0.9 "GET /?panic: HTTP/1.1" === main() of "x" returned 1 ===\n', undefined],
    ];
    test.each(cases)("%j", (text, ended) => expect(rumprun.readConsole(text).ended).toEqual(ended));
});

test("capabilities", () => {
    expect(rumprun.capabilities(kernel)).toMatchObject({
        machine: "pc",
        virtio: "transitional",
        drivers: { kvm: "vioif", xen: "xenif", iso: "wm" },
        shutdown: false,
        writableDisks: ["xen"],
        ends: "halt",
    });
});
