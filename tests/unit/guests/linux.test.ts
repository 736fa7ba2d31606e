import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { initramfsFrame, type KernelFacts } from "../../../guests";
import type { ConsoleVerdict, Part, UnikernelSpec } from "../../../model";
import { abi } from "../../support/abis";
import { block, nic, scratch, spec } from "./fixtures";

const files = scratch();
afterAll(() => files.remove());

const linux = abi("linux");
const kernel: KernelFacts = {
    format: "bzImage",
    size: 1,
    linux: { protocol: "2.15", version: "6.1", maxCmdline: 2047, memoryEnd: 67.5 * 2 ** 20 },
};
const initrd = files.write("initrd", Buffer.from("first archive"));
const told = (changes: Partial<UnikernelSpec>) =>
    spec({ guest: "linux", initrd, args: ["nginx"], memory: 128, ...changes });
const encode = (changes: Partial<UnikernelSpec>, path = initrd) => {
    const one = told(changes);
    return linux.encode(one, { platform: one.platform, initrd: path });
};
const problems = (changes: Partial<UnikernelSpec>, facts = kernel) =>
    linux.check(told(changes), facts).map(({ property, reason }) => `${property}: ${reason}`);
const assembled = (parts: Part[]) =>
    Buffer.concat(parts.map((part) => ("bytes" in part ? part.bytes : readFileSync(part.file))));

test("the configuration is as in its golden file", () => {
    const { guestConfig } = encode({
        args: ["nginx", "-g", "daemon off;", "", "back\\slash 'quote' \"double\"", "ü\n"],
        env: { PLAIN: "A-Za-z0-9_./:,=@+-", GREETING: "hello world" },
        hostname: "web",
        blocks: [
            block("/srv/site", { access: "scratch" }),
            block(),
            block("/srv"),
            block("/etc/nginx dir", { access: "persist" }),
        ],
        interfaces: [
            nic(),
            nic({
                mac: "52:54:00:00:00:02",
                ipv4: { address: "10.0.0.2/24", gateway: "10.0.0.1" },
                ipv6: { address: "fd00::2/64" },
            }),
            nic({ mac: "52:54:00:00:00:03", ipv4: { reserve: "192.168.122.10" } }),
            nic({ mac: "52:54:00:00:00:04", ipv4: undefined, ipv6: { address: "fd00::4/64", gateway: "fd00::1" } }),
        ],
    });
    expect(guestConfig).toBe(readFileSync(join(__dirname, "golden/linux.config"), "utf8"));
});

test("a shell reads back what was written", () => {
    const args = ["nginx", "a b", "", "%s \\n \\0101", "ü→", "\u0001\t\n|"];
    const words = encode({ args })
        .guestConfig.split("\n")
        .filter((line) => line.startsWith("argv"))
        .map((line) => line.slice("argv ".length));
    const read = words.map((word) => execFileSync("busybox", ["sh", "-c", `printf '%b' "$1"`, "sh", word]).toString());
    expect(read).toEqual(args);
});

test.each([0, 1, 2, 3, 512])("the archive begins at a multiple of 4 behind an initrd of %d bytes more", (more) => {
    const path = files.write("odd", Buffer.alloc(8 + more, 1));
    const whole = assembled(encode({}, path).initrd);
    const at = whole.indexOf("070701");
    expect(at % 4).toBe(0);
    expect(at - statSync(path).size).toBeLessThan(4);
    expect(encode({}, path).initrd[0]).toEqual({ file: path });
});

test("cpio unpacks the archive: one file, for root only", () => {
    const folder = join(files.folder, "unpacked");
    mkdirSync(folder);
    const empty = files.write("empty", Buffer.alloc(0));
    writeFileSync(join(files.folder, "config.cpio"), assembled(encode({ env: { A: "b" } }, empty).initrd));
    execFileSync("cpio", ["-idm", "--quiet", "--no-absolute-filenames", "-F", "../config.cpio"], { cwd: folder });
    expect(readFileSync(join(folder, "unikernel/config"), "utf8")).toBe("env A=b\nargv nginx\n");
    expect(statSync(join(folder, "unikernel")).mode & 0o7777).toBe(0o755);
    expect(statSync(join(folder, "unikernel/config"))).toMatchObject({ mode: 0o100600, mtimeMs: 0 });
});

test("an archive around contents that lie elsewhere is the same archive", () => {
    const folder = join(files.folder, "framed");
    mkdirSync(folder);
    const contents = ["", "1", "four", "12345"].map((text) => Buffer.from(text));
    const { heads, end } = initramfsFrame(
        contents.map(({ length }, index) => ({ path: `unikernel/images/${index}`, size: length, mode: 0o600 })),
    );
    for (const piece of [...heads, end]) expect(piece.length % 4).toBe(0);
    const filled = (content: Buffer) => Buffer.concat([content, Buffer.alloc(-content.length & 3)]);
    const whole = Buffer.concat([...heads.flatMap((head, index) => [head, filled(contents[index]!)]), end]);
    writeFileSync(join(files.folder, "framed.cpio"), whole);
    execFileSync("cpio", ["-idm", "--quiet", "--no-absolute-filenames", "-F", "../framed.cpio"], { cwd: folder });
    expect(contents.map((_, index) => readFileSync(join(folder, `unikernel/images/${index}`)))).toEqual(contents);
    // Linux refuses a name without its NUL (init/initramfs.c, do_name); cpio does not.
    expect(whole.includes("unikernel/images/3\0")).toBe(true);
});

test("the same spec gives the same bytes", () =>
    expect(assembled(encode({ env: { A: "b" } }).initrd)).toEqual(assembled(encode({ env: { A: "b" } }).initrd)));

test("the command line carries the console of the platform and nothing of the user's", () => {
    const line = (platform: UnikernelSpec["platform"]) =>
        encode({ platform, args: ["user-word"], env: { E: "user-word" } }).cmdline;
    expect(line("kvm")).toMatch(/^console=ttyS0 no_timer_check quiet panic=1( [\w.=]+)*$/);
    expect(line("xen")).toMatch(/^console=hvc0 /);
    expect(line("kvm")).not.toContain("user-word");
});

describe("on a medium", () => {
    const medium = (changes: Partial<UnikernelSpec>) => encode({ platform: "iso", ...changes });

    const consoles: [UnikernelSpec["console"], RegExp][] = [
        [undefined, /^console=tty0 console=ttyS0,115200n8 panic=30 /],
        [["serial", "vga"], /^console=tty0 console=ttyS0,115200n8 /],
        [["vga", "serial"], /^console=ttyS0,115200n8 console=tty0 /],
        [["serial"], /^console=ttyS0,115200n8 panic/],
        [["vga"], /^console=tty0 panic/],
    ];
    test.each(consoles)("the first of %j is the last of the kernel's, which is /dev/console", (kinds, line) => {
        const { cmdline } = medium({ console: kinds });
        expect(cmdline).toMatch(line);
        expect(cmdline).not.toMatch(/quiet|no_timer_check/);
    });

    test("images are put into memory, each under its number", () => {
        expect(medium({ blocks: [block("/srv", { name: "a b" }), block()] }).medium).toEqual({
            protocol: "linux",
            files: {},
            blocks: [
                { where: "memory", path: "/unikernel/images/0" },
                { where: "memory", path: "/unikernel/images/1" },
            ],
        });
        expect(encode({ blocks: [block("/srv")] })).not.toHaveProperty("medium");
    });

    test("an interface is found by its address, or else another is taken", () => {
        expect(medium({ interfaces: [nic()] }).guestConfig).toBe(
            "interface 52:54:00:00:00:01 any\nipv4 dhcp\nargv nginx\n",
        );
    });
});

test("secrets are in the file and masked for people", () => {
    const encoded = encode({ env: { TOKEN: "t0k" }, secrets: ["env.TOKEN"] });
    expect(assembled(encoded.initrd).toString()).toContain("env TOKEN=t0k\n");
    expect(encoded).toMatchObject({ secret: true, guestConfig: "env TOKEN=[secret]\nargv nginx\n" });
    expect(encode({ env: { TOKEN: "t0k" } }).secret).toBe(false);
});

describe("refused, with the property's path", () => {
    const cases: [changes: Partial<UnikernelSpec>, problem: RegExp][] = [
        [{ initrd: undefined }, /^initrd: linux needs an initrd/],
        [{ args: [] }, /^args: linux needs the program/],
        [{ args: [""] }, /^args: linux needs the program/],
        [{ args: ["a", "b\0"] }, /^args\[1\]: a NUL/],
        [{ env: { A: "\0" } }, /^env\.A: a NUL/],
        [{ env: { "A-B": "" } }, /^env\.A-B: /],
        [{ hostname: "a".repeat(64) }, /^hostname: /],
        [{ hostname: `${"a".repeat(60)}.abcd` }, /^hostname: .*at most 64/],
        [{ memory: 67 }, /^memory: 67 MiB: .* less than 68$/],
        [{ blocks: [block("x")] }, /^blocks\[0\]\.mount: /],
        [
            { platform: "iso", blocks: [block("/a", { format: "qcow2" })] },
            /^blocks\[0\]\.image: a machine cannot mount a qcow2 image/,
        ],
        [{ platform: "iso", blocks: [block("/a", { format: "qcow2", path: "./a" })] }, /^blocks\[0\]\.path: /],
    ];
    test.each(cases)("%#", (changes, problem) => expect(problems(changes)).toEqual([expect.stringMatching(problem)]));
    test("nothing of an ordinary one", () =>
        expect(problems({ blocks: [block("/srv", { format: "ext4" })], interfaces: [nic()] })).toEqual([]));
    test("qcow2 on a host, where QEMU reads it, is taken", () =>
        expect(problems({ blocks: [block("/a", { format: "qcow2" })] })).toEqual([]));
    test("an ELF vmlinux on a medium", () => {
        const vmlinux: KernelFacts = {
            format: "elf",
            size: 1,
            elf: {
                bits: 64,
                machine: "x86_64",
                sections: [],
                texts: [],
                notes: [{ owner: "Xen", type: 6, desc: Buffer.from("linux").toString("hex") }],
            },
        };
        expect(problems({ platform: "iso" }, vmlinux)).toEqual([
            expect.stringMatching(/^kernel: GRUB starts Linux from a bzImage/),
        ]);
        expect(problems({ platform: "xen" }, vmlinux)).toEqual([]);
        expect(linux.recognise(vmlinux)?.platforms).not.toContain("iso");
    });
    test("a kernel of another kind", () =>
        expect(problems({}, { format: "elf", size: 1 })).toEqual([expect.stringMatching(/^guest: /)]));
    test("an initrd that went away", () =>
        expect(() => encode({}, "/nonexistent/initrd")).toThrow(
            expect.objectContaining({ code: "invalid", property: "initrd" }),
        ));
});

test("warned of: a driver, and writing to iso9660", () => {
    const warned = linux.warnings(
        told({
            interfaces: [nic(), nic({ driver: "vioif" })],
            blocks: [block("/a"), block("/b", { access: "scratch" })],
        }),
        kernel,
    );
    expect(warned.map(({ property }) => property)).toEqual(["blocks[1].access", "interfaces[1].driver"]);
});

describe("memory, where the header of the kernel does not say how much it needs", () => {
    const silent: KernelFacts = { ...kernel, linux: { protocol: "2.04", version: "", maxCmdline: 255 } };
    const warned = (memory: number, facts: KernelFacts) =>
        linux.warnings(told({ memory }), facts).map(({ property, reason }) => `${property}: ${reason}`);

    test("less than usual is a warning, not a refusal", () => {
        expect(problems({ memory: 8 }, silent)).toEqual([]);
        expect(warned(47, silent)).toEqual(["memory: 47 MiB: only small kernels boot with less than 48"]);
        expect(warned(48, silent)).toEqual([]);
    });
    test("next to nothing is refused", () => expect(problems({ memory: 7 }, silent)).toHaveLength(1));
    test("a header that says it is exact", () => {
        expect(linux.capabilities(kernel)).toMatchObject({ minMemory: 68, usualMemory: 68 });
        expect(warned(68, kernel)).toEqual([]);
    });
});

describe("the console", () => {
    const cases: [text: string, ended: ConsoleVerdict["ended"]][] = [
        ["=== pulumi-unikernel: starting web ===\r\n", undefined],
        [
            "=== application exited with status 1 ===\r\n",
            { how: "exited", status: 1, because: "=== application exited with status 1 ===" },
        ],
        [
            "=== pulumi-unikernel: boot failed: no disk 3 ===\r\n",
            { how: "crashed", because: "=== pulumi-unikernel: boot failed: no disk 3 ===" },
        ],
        [
            "[    1.27] Kernel panic - not syncing: VFS: Unable to mount root fs\r\n",
            { how: "crashed", because: "Kernel panic - not syncing: VFS: Unable to mount root fs" },
        ],
        [
            "Kernel panic - not syncing: Attempted to kill init!\n",
            { how: "crashed", because: "Kernel panic - not syncing: Attempted to kill init!" },
        ],
        [
            "[    1.27][    T1] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00007f00\n",
            { how: "crashed", because: "Kernel panic - not syncing: Attempted to kill init! exitcode=0x00007f00" },
        ],
        [
            "[    1.3] ---[ end Kernel panic - not syncing: Fatal exception in interrupt ]---\n",
            { how: "crashed", because: "---[ end Kernel panic - not syncing: Fatal exception in interrupt ]---" },
        ],
        [
            "PANIC: early exception 0x0e IP 10:ffffffff81000000 error 0 cr2 0x8\n",
            { how: "crashed", because: "PANIC: early exception 0x0e IP 10:ffffffff81000000 error 0 cr2 0x8" },
        ],
        [
            "\n\nXZ-compressed data is corrupt\n\n -- System halted",
            { how: "crashed", because: "XZ-compressed data is corrupt" },
        ],
        [" -- System halted", { how: "crashed", because: "-- System halted" }],
        ["[    3.1] reboot: System halted\n", { how: "halted", because: "reboot: System halted" }],
        [
            "[    3.1][    C0] reboot: Power off not available: System halted instead\n",
            { how: "halted", because: "reboot: Power off not available: System halted instead" },
        ],
        ["[    3.1] System halted.\n", { how: "halted", because: "System halted." }],
        ["Power down.\n", { how: "halted", because: "Power down." }],
        ["Power down. Not yet.\n", undefined],
        ["[    3.1] reboot: Restarting system\n[    3.2] reboot: machine restart\n", undefined],
        ["[    3.1] Rebooting in 1 seconds..\n", undefined],
        ["GET /System halted.\n", undefined],
        ["[    3.1] reboot: Power down\n", { how: "halted", because: "reboot: Power down" }],
        ["GET /Kernel panic - not syncing: me\n", undefined],
    ];
    test.each(cases)("%j", (text, ended) => expect(linux.readConsole(text).ended).toEqual(ended));
});
