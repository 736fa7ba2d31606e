import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { nginxGuest, withLinuxGuest } from "../support/linuxGuest";
import { must, until } from "../support/processes";

jest.setTimeout(900_000);

const folder = mkdtempSync(path.join(tmpdir(), "pulumi-unikernel-nginx-machine-"));
const at = (name: string): string => path.join(folder, name);
const web = { mac: "52:54:00:0a:0b:0c", attach: { user: { forward: [] } } };
const other = { ...web, mac: "52:54:00:0a:0b:0d" };
/** What the guest's script prints ends up between its own lines and the kernel's. */
const words = (text: string): string => text.replace(/\s+/g, " ");

beforeAll(async () => {
    mkdirSync(at("site"));
    writeFileSync(at("site/index.html"), "a page from the data image");
    writeFileSync(
        at("site/nginx.conf"),
        `
        daemon off; error_log stderr; events {}
        http { access_log off; server { listen 80; root /etc/nginx; } }`,
    );
    await must("xorriso", ["-as", "mkisofs", "-quiet", "-R", "-o", at("site.iso"), at("site")]);
    await must("mke2fs", ["-q", "-t", "ext4", at("state.ext4"), "8M"]);
    await nginxGuest();
});
afterAll(() => rmSync(folder, { recursive: true }));

test("a card with an address of its own serves the data image, and the power button ends it", async () => {
    await withLinuxGuest(
        {
            // The program's output goes to the screen then, and what the init says to the serial line too.
            platform: "iso",
            console: ["vga", "serial"],
            cards: ["e1000e"],
            qemu: ["-M", "q35"],
            interfaces: [{ ...web, ipv4: "dhcp" }],
            hostname: "web0",
            args: ["nginx", "-c", "/etc/nginx/nginx.conf"],
            blocks: [{ path: at("site.iso"), mount: "/etc/nginx", format: "iso9660" }],
        },
        async (guest) => {
            expect(await guest.fetch("/index.html")).toBe("a page from the data image");
            expect(await guest.console()).toMatch(
                /eth0 \(52:54:00:12:34:56\) is the interface 52:54:00:0a:0b:0c ===[^]*eth0 has the address 10\.0\.2\.15\/24 ===[^]*starting web0 ===/,
            );
            guest.pressPowerButton();
            await guest.ended;
            expect(await guest.console()).toMatch(/shutting down ===[^]*=== application exited with status 0 ===/);
        },
    );
});

test("a declared address finds its own card, and the others follow the order of the bus", async () => {
    const script =
        "ip -o -4 addr show; ip route; losetup -a; cat /data/index.html; touch /data/x || echo read-only; echo kept > /state/x && cat /state/x; dd if=/dev/loop2 bs=9 count=1; lsmod | sort";
    await withLinuxGuest(
        {
            platform: "iso",
            args: ["sh", "-c", script],
            console: ["serial"],
            cards: [
                "e1000,mac=52:54:00:00:00:99",
                "virtio-net-pci,mac=52:54:00:0a:0b:0d",
                "e1000e,mac=52:54:00:00:00:98",
            ],
            interfaces: [
                { ...web, ipv4: { address: "10.0.2.77/24", gateway: "10.0.2.2" } },
                { ...other, ipv4: { address: "10.1.0.1/24" } },
                { ...web, mac: "52:54:00:0a:0b:0e", ipv4: { address: "10.2.0.1/24" } },
            ],
            blocks: [
                { path: at("state.ext4"), mount: "/state", format: "ext4", access: "scratch" },
                { path: at("site.iso"), mount: "/data", format: "iso9660" },
                { path: at("site/index.html"), format: "raw" },
            ],
            qemu: ["-device", "ahci,id=sata", "-device", "qemu-xhci", "-device", "virtio-scsi-pci"],
        },
        async (guest) => {
            await guest.ended;
            const text = words(await guest.console());
            for (const expected of [
                "(52:54:00:00:00:99) is the interface 52:54:00:0a:0b:0c",
                "(52:54:00:0a:0b:0d) is the interface 52:54:00:0a:0b:0d",
                "(52:54:00:00:00:98) is the interface 52:54:00:0a:0b:0e",
                "inet 10.0.2.77/24",
                "inet 10.1.0.1/24",
                "inet 10.2.0.1/24",
                "default via 10.0.2.2",
                "a page from the data image",
                "read-only",
                "kept",
                "/dev/loop2: 0 /unikernel/images/2",
            ])
                expect(text).toContain(expected);
            for (const module of ["ahci", "xhci_pci", "virtio_scsi", "e1000", "e1000e", "virtio_net", "ext4", "isofs"])
                expect(text).toMatch(new RegExp(` ${module} \\d+ `));
            expect(text).not.toMatch(/ (nvme|igb|usb_storage) \d+ /);
            expect(await guest.verdict()).toMatchObject({ ended: { how: "exited", status: 0 } });
        },
    );
});

test("where there is a screen, a program that failed leaves half a minute to read it", async () => {
    await withLinuxGuest({ platform: "iso", args: ["sh", "-c", "exit 3"] }, async (guest) => {
        await until(async () =>
            (await guest.console()).includes("=== pulumi-unikernel: powering off in 30 seconds ==="),
        );
        expect(await guest.verdict()).toMatchObject({ ended: { how: "exited", status: 3 } });
    });
});

test.each([
    {
        name: "more interfaces than cards",
        told: { interfaces: [web, other], cards: ["e1000e", null] },
        because: "there is no interface left for the address 52:54:00:0a:0b:0d",
    },
    {
        name: "a data image without a file system",
        told: { blocks: [{ path: "site/index.html", mount: "/data" }] },
        because: "disk 0 (/dev/loop0) for /data has neither",
    },
])("$name ends the boot with its reason", async ({ told, because }) => {
    const blocks = told.blocks?.map((block) => ({ ...block, path: at(block.path) }));
    await withLinuxGuest({ platform: "iso", console: ["serial"], args: ["nginx"], ...told, blocks }, async (guest) => {
        await guest.ended;
        expect(await guest.verdict()).toMatchObject({
            ended: { how: "crashed", because: expect.stringContaining(because) },
        });
    });
});
