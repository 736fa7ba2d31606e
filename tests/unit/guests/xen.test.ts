import { readKernel } from "../../../guests";
import { abi } from "../../support/abis";
import { type ElfInput, makeBzImage, makeElf } from "./elfFixture";
import { scratch } from "./fixtures";

const files = scratch();
afterAll(() => files.remove());
const read = (bytes: Uint8Array) => readKernel(files.write("kernel", bytes));
const note = (type: number, text = "") => ({ owner: "Xen", type, desc: Buffer.from(`${text}\0`) });

test.each<[string, ElfInput | Buffer, string | undefined]>([
    ["a PV entry", { notes: [note(6, "linux"), note(1)] }, "pv"],
    ["both, as distributions have it", { notes: [note(1), note(18)] }, "pv"],
    ["PV without an entry of its own", { notes: [note(2)] }, "pv"],
    ["PVH alone", { notes: [note(6, "linux"), note(18)] }, "pvh"],
    ["PVH alone, with what Linux writes for both", { notes: [note(2), note(8, "generic"), note(18)] }, "pvh"],
    ["PVH in 32 bits: it starts so anyway", { bits: 32, notes: [note(18)] }, "pvh"],
    ["the old form", { sections: { __xen_guest: "GUEST_OS=Mini-OS" } }, "pv"],
    ["the old form, 32 bits", { bits: 32, sections: { __xen_guest: "" } }, "pv32"],
    ["PV, 32 bits", { bits: 32, notes: [note(1)] }, "pv32"],
    ["a bzImage", makeBzImage(), "pv"],
    ["no mark", { multiboot: true }, undefined],
    ["a note of another owner", { notes: [{ owner: "GNU", type: 1 }] }, undefined],
])("how Xen starts it: %s", async (_name, elf, expected) => {
    const kernel = await read(Buffer.isBuffer(elf) ? elf : makeElf(elf));
    expect(["rumprun", "linux", "raw"].map((id) => abi(id).capabilities(kernel).xen)).toEqual([
        expected,
        expected,
        expected,
    ]);
});

test("only rumprun is told by who starts it, and only Linux has a balloon", async () => {
    const kernel = await read(makeElf({}));
    const [rumprun, linux, raw] = ["rumprun", "linux", "raw"].map((id) => abi(id).capabilities(kernel));
    expect([rumprun?.needsRuntimeConfig, linux?.needsRuntimeConfig, raw?.needsRuntimeConfig]).toEqual([
        ["xen"],
        undefined,
        undefined,
    ]);
    expect([rumprun?.balloon, linux?.balloon, raw?.balloon]).toEqual([undefined, true, undefined]);
});
