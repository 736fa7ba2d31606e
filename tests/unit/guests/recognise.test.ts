import { abis, describeKernel, guestAbi, guestIds, readKernel, recognise } from "../../../guests";
import { abi } from "../../support/abis";
import { type ElfInput, makeBzImage, makeElf, words } from "./elfFixture";
import { scratch } from "./fixtures";

const files = scratch();
afterAll(() => files.remove());
const read = (bytes: Uint8Array) => readKernel(files.write("kernel", bytes));

const solo5 = (target: number) => ({ owner: "Solo5", type: 0x31494241, desc: words(target, 1) });
const xen = (type: number, text = "") => ({ owner: "Xen", type, desc: Buffer.from(`${text}\0`) });
const rump = { link_set_rump_components: "....", ".rodata": "rump kernel bare metal bootstrap\n" };

describe("recognised by its marks", () => {
    const cases: [name: string, elf: ElfInput | Buffer, id: string | undefined, platforms: string[]][] = [
        [
            "rumprun for hardware, 64 bits",
            { multiboot: true, sections: { ".bootstrap": "", ...rump } },
            "rumprun",
            ["kvm", "iso"],
        ],
        [
            "rumprun for hardware, 32 bits",
            { bits: 32, multiboot: true, sections: { ".bootstrap": "", ...rump } },
            "rumprun",
            ["kvm", "iso"],
        ],
        [
            "rumprun without section headers",
            { bare: true, multiboot: true, sections: { ".rodata": rump[".rodata"] } },
            "rumprun",
            ["kvm", "iso"],
        ],
        [
            "rumprun for Xen",
            {
                sections: { __xen_guest: "GUEST_OS=Mini-OS", link_set_rump_components: "" },
                notes: [{ owner: "rumpkernel.org", type: 1 }],
            },
            "rumprun",
            ["xen"],
        ],
        [
            "rumprun for Xen, by its note",
            { sections: { __xen_guest: "GUEST_OS=Mini-OS" }, notes: [{ owner: "rumpkernel.org", type: 1 }] },
            "rumprun",
            ["xen"],
        ],
        ["Linux bzImage", makeBzImage(), "linux", ["kvm", "xen", "iso"]],
        ["Linux vmlinux with PVH", { notes: [xen(6, "linux"), xen(18)] }, "linux", ["kvm", "xen"]],
        ["Linux vmlinux for Xen PV only", { notes: [xen(6, "linux")] }, "linux", ["xen"]],
        ["Solo5 virtio, though it has multiboot", { multiboot: true, notes: [solo5(3)] }, "solo5", ["kvm", "iso"]],
        ["Solo5 for Xen, though it has both", { multiboot: true, notes: [solo5(6), xen(18)] }, "solo5", ["xen"]],
        ["Unikraft on Xen", { notes: [xen(6, "Unikraft")] }, "unikraft", ["xen"]],
        [
            "Unikraft on KVM",
            { bits: 32, multiboot: true, sections: { ".uk_libinfo": unikraft("libkvmplat") } },
            "unikraft",
            ["kvm", "iso"],
        ],
        ["a plain multiboot kernel", { bits: 32, multiboot: true }, undefined, []],
        ["rump components without a loader's header", { sections: rump }, undefined, []],
    ];
    test.each(cases)("%s", async (_, elf, id, platforms) => {
        const found = recognise(await read(Buffer.isBuffer(elf) ? elf : makeElf(elf)));
        expect(found?.abi.id).toBe(id);
        expect(found?.platforms ?? []).toEqual(platforms);
    });

    test("drivers are named where the symbols are there", async () => {
        const elf: ElfInput = { multiboot: true, sections: { ".bootstrap": "", ...rump } };
        expect(
            recognise(await read(makeElf({ ...elf, symbols: ["rumpns_vioif_ca", "rumpns_ld_virtio_ca"] })))?.drivers,
        ).toEqual(["ld_virtio", "vioif"]);
        expect(recognise(await read(makeElf({ ...elf, symbols: ["rumpns_ehci_pci_ca"] })))?.drivers).toEqual(["ehci"]);
        expect(recognise(await read(makeElf(elf)))?.drivers).toBeUndefined();
    });

    test.each([
        ["testKernel", "rumprun", "kvm"],
        ["xenKernel", "rumprun", "xen"],
        ["rawKernel", undefined, undefined],
    ] as const)("our own %s", async (name, id, platform) => {
        const { buildTestKernels } = await import("../../guests/build.mjs");
        const found = recognise(await readKernel((await buildTestKernels())[name]));
        expect([found?.abi.id, found?.platforms[0]]).toEqual([id, platform]);
    });
});

describe("what no ABI takes is named", () => {
    const cases: [elf: ElfInput, words: string][] = [
        [
            { interpreter: "/nonexistent/solo5/", notes: [solo5(1)] },
            "a Solo5 hvt binary; build it for the target virtio (KVM, media) or xen: others need a program of their own to run under",
        ],
        [
            { interpreter: "/nonexistent/solo5/" },
            "a Solo5 binary; build it for the target virtio (KVM, media) or xen: others need a program of their own to run under",
        ],
        [
            { sections: { ".uk_libinfo": unikraft("libkvmplat") } },
            "a Unikraft kernel; build it for the platform kvm with the boot protocol multiboot, or for xen, and take the file without .dbg: this one is for Firecracker or for a debugger",
        ],
        [
            { interpreter: "/lib64/ld-linux-x86-64.so.2" },
            "a program for an operating system (it asks for /lib64/ld-linux-x86-64.so.2), not a kernel",
        ],
        [{ multiboot: true }, "an ELF64 file with a multiboot header"],
        [{ notes: [xen(6, "osv")] }, 'an ELF64 file with Xen marks of "osv"'],
        [{ bits: 32 }, "an ELF32 file with neither a multiboot header nor Xen notes"],
    ];
    test.each(cases)("%#: %s → %s", async (elf, expected) =>
        expect(describeKernel(await read(makeElf(elf)))).toBe(expected),
    );
});

describe("raw takes what some loader takes", () => {
    const cases: [name: string, elf: ElfInput, platforms: string[] | undefined][] = [
        ["multiboot, 32 bits", { bits: 32, multiboot: true }, ["kvm", "iso"]],
        ["multiboot, 64 bits, which QEMU refuses", { multiboot: true }, ["iso"]],
        ["PVH", { notes: [xen(18)] }, ["kvm", "xen"]],
        ["Xen PV", { notes: [xen(2)] }, ["xen"]],
        ["Xen PV, old form", { sections: { __xen_guest: "" } }, ["xen"]],
        ["nothing", {}, undefined],
    ];
    test.each(cases)("%s", async (_, elf, platforms) =>
        expect(abi("raw").recognise(await read(makeElf(elf)))?.platforms).toEqual(platforms),
    );
});

test("guests by id", () => {
    expect(guestIds).toEqual(["rumprun", "linux", "unikraft", "solo5", "raw"]);
    expect(guestAbi("linux")).toBe(abis[1]);
    expect(guestAbi("osv")).toBeUndefined();
});

function unikraft(library: string): Buffer {
    const bytes = Buffer.alloc(12 + library.length + 1);
    bytes.writeUInt32LE(bytes.length, 0);
    bytes.writeUInt16LE(1, 4);
    bytes.writeUInt16LE(1, 6);
    bytes.writeUInt32LE(6 + library.length + 1, 8);
    bytes.write(library, 12, "latin1");
    return bytes;
}
