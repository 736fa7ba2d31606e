import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bake, mediumOf } from "../../backends/iso/medium";
import { type Way, withMedium } from "../support/mediumBoot";
import { type PlanOptions, testPlan } from "../support/plans";

// The layout is proven with the multiboot test kernel, which keeps rumprun's contract and prints what it was told.
jest.setTimeout(900_000);
let folder: string;
beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "pulumi-unikernel-rumprun-"));
});
afterAll(() => rm(folder, { recursive: true }));

const media = new Map<string, Promise<string>>();

/** The image of a declaration, as the rumprun ABI says it; baked once. */
function medium(name: string, change: Partial<PlanOptions> = {}): Promise<string> {
    const known = media.get(name) ?? make(join(folder, `${name}.iso`), name, change);
    media.set(name, known);
    return known;
}

async function make(path: string, name: string, change: Partial<PlanOptions>): Promise<string> {
    const { buildTestKernels } = await import("../guests/build.mjs");
    const { testKernel } = await buildTestKernels();
    const plan = await testPlan({
        platform: "iso",
        connection: "local",
        name,
        kernel: testKernel,
        hostname: name,
        args: ["-c", "/etc/my nginx.conf"],
        env: { GREETING: "it is $HOME" },
        ...change,
    });
    await bake(mediumOf(plan), path);
    return path;
}

const told = (hostname: string): string =>
    `test kernel: configured by module\nhostname ${hostname}\nenv GREETING=it is $HOME\nargv[0] testKernel.elf\nargv[1] -c\nargv[2] /etc/my nginx.conf\n`;

test.each<Way>(["bios-cd", "bios-usb", "bios-sata"])(
    "without data images it takes its configuration from the first module: %s",
    async (way) => {
        await withMedium({ image: await medium("plain"), way }, async ({ until }) => {
            expect(await until("test kernel ready")).toContain(told("plain"));
        });
    },
);

test.each<Way>(["bios-cd", "bios-usb", "bios-sata"])(
    "with data images it is told where its configuration lies on the medium, and gets no module: %s",
    async (way) => {
        await writeFile(join(folder, "my data.iso"), "data");
        const image = await medium("mounted", {
            blocks: [{ path: join(folder, "my data.iso"), format: "iso9660", mount: "/data" }],
        });
        await withMedium({ image, way }, async ({ until }) => {
            // The test kernel has no drivers: it says what it would read.
            expect(await until("test kernel ready")).toContain("test kernel: told to read /json.cfg on its medium\n");
        });
    },
);

test("a boot loader finds its own medium, whatever other medium comes before it", async () => {
    const [image, otherDisk] = [await medium("plain"), await medium("other")];
    for (const way of ["bios-cd", "bios-usb"] as const) {
        await withMedium({ image, way, otherDisk }, async ({ until }) => {
            expect(await until("test kernel ready")).toContain(told("plain"));
        });
    }
});

test.each<[NonNullable<PlanOptions["console"]>, boolean, boolean]>([
    [["vga"], false, true],
    [["serial", "vga"], true, true],
    [["serial"], true, false],
])("GRUB speaks on %j", async (console, serial, vga) => {
    const image = await medium(`console-${console.join("-")}`, { console });
    await withMedium({ image, way: "bios-cd" }, async ({ until, screen }) => {
        expect((await until("test kernel ready")).includes("Loading console-")).toBe(serial);
        expect((await screen()).includes("Loading console-")).toBe(vga);
    });
});

test("a machine without a serial port keeps its screen", async () => {
    const image = await medium("console-serial", { console: ["serial"] });
    await withMedium({ image, way: "bios-cd", serial: false }, ({ untilScreen }) =>
        untilScreen("Loading console-serial"),
    );
});
