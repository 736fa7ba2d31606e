import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bake, mediumOf } from "../../backends/iso/medium";
import { withMedium, type Way } from "../support/mediumBoot";
import { mediumPlan } from "../support/mediumPlans";

jest.setTimeout(120_000);
let folder: string;
beforeAll(async () => { folder = await mkdtemp(join(tmpdir(), "pulumi-unikernel-iso-")); });
afterAll(() => rm(folder, { recursive: true }));

const config = JSON.stringify({ hostname: "machine", cmdline: "nginx -c '/etc/my nginx.conf'" });
let image: Promise<string> | undefined;

async function bakeTestKernel(): Promise<string> {
    const { buildTestKernels } = await import("../guests/build.mjs");
    const { testKernel } = await buildTestKernels();
    const path = join(folder, "rumprun.iso");
    const plan = mediumPlan({ kernel: testKernel, initrd: [{ bytes: Buffer.from(config) }], medium: { protocol: "multiboot" }, firmware: ["bios"] });
    await bake(mediumOf(plan), path);
    return path;
}

test.each<Way>(["bios-cd", "bios-usb", "bios-sata"])("rumprun's layout without data images takes its configuration from a module: %s", async (way) => {
    await withMedium({ image: await (image ??= bakeTestKernel()), way }, async ({ until }) => {
        const console = await until("test kernel ready", 20_000);
        expect(console).toContain("test kernel: configured by module\nhostname machine\nargv[0] nginx\nargv[1] -c\nargv[2] /etc/my nginx.conf\n");
    });
});
