import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { bake, mediumOf } from "../../backends/iso/medium";
import type { Ipv4 } from "../../model";
import { LONG } from "../support/killed";
import { nginxGuest } from "../support/linuxGuest";
import { type Nic, type Way, withMedium } from "../support/mediumBoot";
import { type PlanOptions, testPlan } from "../support/plans";
import { must } from "../support/processes";

jest.setTimeout(900_000);

const folder = mkdtempSync(path.join(tmpdir(), "pulumi-unikernel-iso-boot-"));
const at = (name: string): string => path.join(folder, name);
const PAGE = "a page from the data image";

/** The same nginx, which asks for its address or is told it. */
const addresses: Record<"dhcp" | "static", Ipv4> = {
    dhcp: "dhcp",
    static: { address: "10.0.2.15/24", gateway: "10.0.2.2" },
};

beforeAll(async () => {
    mkdirSync(at("site"));
    writeFileSync(at("site/index.html"), PAGE);
    writeFileSync(
        at("site/nginx.conf"),
        "daemon off; error_log stderr; events {} http { access_log off; server { listen 80; root /data; } }",
    );
    await must("xorriso", ["-as", "mkisofs", "-quiet", "-R", "-o", at("site.iso"), at("site")]);
    const guest = await nginxGuest("iso");
    for (const [name, ipv4] of Object.entries(addresses)) {
        const plan = await testPlan({
            connection: "none",
            name,
            platform: "iso",
            guest: "linux",
            ...guest,
            args: ["nginx", "-c", "/data/nginx.conf"],
            interfaces: [{ mac: "52:54:00:0a:0b:0c", attach: { user: { forward: [] } }, ipv4 }],
            blocks: [{ path: at("site.iso"), mount: "/data", format: "iso9660" }],
        });
        await bake(mediumOf(plan), at(`${name}.iso`));
    }
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Bakes the medium of a test kernel, as the kernel's ABI says it is started. */
async function testMedium(kernel: "testKernel" | "rawKernel", options: Partial<PlanOptions>): Promise<string> {
    const { buildTestKernels } = await import("../guests/build.mjs");
    const plan = await testPlan({
        connection: "none",
        name: "test",
        platform: "iso",
        ...options,
        kernel: (await buildTestKernels())[kernel],
    });
    const image = at(`${kernel}.iso`);
    await bake(mediumOf(plan), image);
    return image;
}

/** A drive with the image in it that a machine has. */
const PLUGGED = /\.iso \(raw[^]*Attached to/;

interface Boot {
    way: Way;
    nic: Nic;
    address?: keyof typeof addresses;
    pull?: boolean;
}

/** Each firmware, drive, card, kind of address, and each medium that can be pulled out. */
const boots: Boot[] = [
    { way: "bios-cd", nic: "e1000e", pull: true },
    { way: "bios-sata", nic: "virtio", address: "static" },
    { way: "uefi-cd", nic: "virtio" },
    { way: "uefi-usb", nic: "e1000e", pull: true },
];
/** Each way with each card: 18 in all. */
const others: Boot[] = !LONG
    ? []
    : (["bios-cd", "bios-usb", "bios-sata", "uefi-cd", "uefi-usb", "uefi-sata"] as const)
          .flatMap((way) => (["e1000e", "virtio", "e1000"] as const).map((nic) => ({ way, nic })))
          .filter(({ way, nic }) => !boots.some((boot) => boot.way === way && boot.nic === nic));

test.each([...boots, ...others])(
    `$way, $nic: a page from nginx (one of ${boots.length + others.length} boots; 18 are in the long run)`,
    async ({ way, nic, address = "dhcp", pull = false }) => {
        await withMedium({ image: at(`${address}.iso`), way, nic, memory: 512 }, async (machine) => {
            await machine.until("=== pulumi-unikernel: starting");
            if (pull) {
                expect(await machine.monitor("info block")).toMatch(PLUGGED);
                await machine.pull();
                expect(await machine.monitor("info block")).not.toMatch(PLUGGED);
            }
            expect(await machine.fetch("/index.html")).toBe(PAGE);
            expect(await machine.console()).toMatch(/Linux version [^]* is the interface 52:54:00:0a:0b:0c ===/);
        });
    },
);

test("rumprun with a data image is told where on its medium the configuration is", async () => {
    const image = await testMedium("testKernel", {
        guest: "rumprun",
        args: ["-v"],
        blocks: [{ path: at("site.iso"), name: "it's a $site.iso", mount: "/data" }],
    });
    await must("osirrox", ["-indev", image, "-extract", "/json.cfg", at("json.cfg")]);
    expect(readFileSync(at("json.cfg"), "utf8")).toContain('"path": "images/it\'s a $site.iso"');
    await withMedium({ image, way: "bios-usb" }, async (machine) => {
        expect(await machine.until("test kernel ready")).toContain(
            "test kernel: told to read /json.cfg on its medium\n",
        );
    });
});

test("a raw multiboot kernel gets its words as they are", async () => {
    const image = await testMedium("rawKernel", { guest: "raw", args: ["A=$b", "--flag", "x;y"] });
    await withMedium({ image, way: "bios-cd" }, async (machine) => {
        expect(await machine.until("test kernel ready")).toMatch(/^test kernel: command line .*A=\$b --flag x;y$/m);
    });
});
