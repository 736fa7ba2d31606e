import { readFileSync } from "node:fs";
import { mediumProblems } from "../../../backends/iso/medium/problems";
import { readKernel } from "../../../guests";
import { withSecondSegment } from "../../guests/secondSegment";
import { abi } from "../../support/abis";
import { scratch, spec } from "./fixtures";

const files = scratch();
afterAll(() => files.remove());

/** The bare test kernel, with its second segment loaded at an address. */
async function kernelWith(address: number, memory: number) {
    const { rawKernel } = await (await import("../../guests/build.mjs")).buildTestKernels();
    return readKernel(files.write("kernel", withSecondSegment(readFileSync(rawKernel), address, memory)));
}
async function problemsOf(address: number, memory: number) {
    const kernel = await kernelWith(address, memory);
    const boot = abi("raw").encode(spec({ guest: "raw", platform: "iso" }), { platform: "iso", kernel });
    return mediumProblems(boot).map(({ property, reason }) => `${property}: ${reason}`);
}

const OVERLAP = /^kernel: GRUB does not load it: its ELF segments at 0x\w+ and 0x\w+ overlap/;
test.each([
    ["empty, inside the first", 0x100010, 0],
    ["empty, at the start of the first", 0x100000, 0],
    ["with memory, from before the first", 0xff000, 0x2000],
    ["with memory, inside the first", 0x100010, 16],
])("a segment %s is refused on a medium", async (_, address, memory) =>
    expect(await problemsOf(address, memory)).toEqual([expect.stringMatching(OVERLAP)]),
);
test.each([
    ["empty, far behind", 0x900000, 0],
    ["before the first", 0xf0000, 0x10000],
])("a segment %s is taken", async (_, address, memory) => expect(await problemsOf(address, memory)).toEqual([]));
test("a header with addresses is loaded by these", async () => {
    const kernel = await kernelWith(0x100010, 0);
    const boot = abi("raw").encode(spec({ guest: "raw", platform: "iso" }), {
        platform: "iso",
        kernel: { ...kernel, multiboot: { offset: 0, flags: 0, addresses: true } },
    });
    expect(mediumProblems(boot)).toEqual([]);
});
