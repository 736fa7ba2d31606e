import { probeKernel, readKernel, readProbe } from "../../../guests";
import { scratch } from "./fixtures";

const files = scratch();
afterAll(() => files.remove());

test("the image is probe.S, assembled", async () => {
    const { assemble } = await import("../../../guests/probe/build.mjs");
    expect(Buffer.from(probeKernel()).equals(await assemble())).toBe(true);
});

test("it is a multiboot kernel of under 1 KB", async () => {
    expect(probeKernel().length).toBeLessThan(1024);
    expect(await readKernel(files.write("probe", probeKernel()))).toMatchObject({
        elf: { bits: 32, machine: "i386" },
        multiboot: { addresses: false },
    });
});

test.each([
    ["", { ok: false, reached: undefined }],
    ["SeaBIOS\r\nprobe: prot", { ok: false, reached: undefined }],
    ["probe: protected mode\r\n", { ok: false, reached: "protected mode" }],
    ["probe: protected mode\r\nprobe: interrupts\r\nprobe: long mode\r\nprobe: ok\r\n", { ok: true, reached: "ok" }],
])("%j", (text, verdict) => expect(readProbe(text)).toEqual(verdict));
