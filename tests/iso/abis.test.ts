import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bake, mediumOf } from "../../backends/iso/medium";
import { readKernel } from "../../guests";
import { withSecondSegment } from "../guests/secondSegment";
import { abi } from "../support/abis";
import { withMedium } from "../support/mediumBoot";
import { mediumPlan } from "../support/mediumPlans";
import { nic, spec } from "../unit/guests/fixtures";

jest.setTimeout(900_000);
let folder: string;
beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "pulumi-unikernel-abis-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("a Unikraft kernel gets its name, parameters and arguments from a medium", async () => {
    const [kernel, image] = [join(folder, "web"), join(folder, "web.iso")];
    await (await import("../guests/build.mjs")).buildGuest("unikraft", kernel);
    const facts = await readKernel(kernel);
    const declared = spec({
        guest: "unikraft",
        platform: "iso",
        kernel,
        args: ["-c", "/nginx.conf", "one two"],
        env: { GREETING: "hello world" },
        interfaces: [nic({ ipv4: { address: "10.0.0.2/24", gateway: "10.0.0.1" } })],
    });
    expect(abi("unikraft").check(declared, facts)).toEqual([]);
    const { cmdline } = abi("unikraft").encode(declared, { platform: "iso", kernel: facts });
    await bake(mediumOf(mediumPlan({ kernel, cmdline, medium: { protocol: "multiboot" }, firmware: ["bios"] })), image);
    const said = await withMedium({ image, way: "bios-cd" }, ({ until }) => until("test kernel ready"));
    expect(said).toContain(
        [
            "netdev.ip 10.0.0.2/24:10.0.0.1",
            "env.vars GREETING=hello world",
            "Powered by Unikraft (test kernel)",
            "argv[0] web",
            "argv[1] -c",
            "argv[2] /nginx.conf",
            "argv[3] one two",
        ].join("\n"),
    );
});

test("GRUB loads no kernel with an empty segment inside another, which a preview refuses", async () => {
    const [kernel, image] = [join(folder, "overlap"), join(folder, "overlap.iso")];
    const { rawKernel } = await (await import("../guests/build.mjs")).buildTestKernels();
    await writeFile(kernel, withSecondSegment(await readFile(rawKernel), 0x100010, 0));
    expect((await readKernel(kernel)).elf?.overlap).toEqual([0x100000, 0x100010]);
    await bake(mediumOf(mediumPlan({ kernel, medium: { protocol: "multiboot" }, firmware: ["bios"] })), image);
    await withMedium({ image, way: "bios-cd" }, ({ until }) => until("error: overlap detected"));
});
