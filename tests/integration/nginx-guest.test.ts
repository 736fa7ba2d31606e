import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { LONG } from "../support/killed";
import { nginxGuest, withLinuxGuest } from "../support/linuxGuest";
import { must } from "../support/processes";

jest.setTimeout(900_000);

const folder = mkdtempSync(path.join(tmpdir(), "pulumi-unikernel-nginx-guest-"));
const at = (name: string): string => path.join(folder, name);
const mac = "52:54:00:0a:0b:0c";
const web = { mac, attach: { user: { forward: [] } } };

beforeAll(async () => {
    mkdirSync(at("site"));
    writeFileSync(at("site/index.html"), "a page from the data image");
    writeFileSync(
        at("site/nginx.conf"),
        `
        daemon off; error_log stderr; events {}
        http { access_log off; server { listen 80; listen [::]:80; root /etc/nginx; } }`,
    );
    await must("xorriso", ["-as", "mkisofs", "-quiet", "-R", "-o", at("site.iso"), at("site")]);
    await must("mke2fs", ["-q", "-t", "ext4", at("state.ext4"), "8M"]);
    writeFileSync(at("blank"), Buffer.alloc(1 << 20));
    // Built once, whichever test comes first.
    await nginxGuest();
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Those of the small kernel; the other one has four times as many files to unpack. */
const AGAIN = LONG ? (["kvm", "xen", "iso"] as const) : (["kvm", "xen"] as const);

test(`the same packages give the same bytes, wherever and whenever they are put together: ${AGAIN.join(", ")} (iso: --long)`, async () => {
    const { fetchPackages } = await import("../../tools/nginx-guest/packages.mjs");
    const { arrange, kernelImage, PLATFORMS } = await import("../../tools/nginx-guest/contents.mjs");
    const { initramfs } = await import("../../tools/nginx-guest/archive.mjs");
    const own = path.resolve(__dirname, "../../tools/nginx-guest");
    const kernels = AGAIN.map((platform) => PLATFORMS[platform].kernel);
    const umask = process.umask(0o077);
    try {
        mkdirSync(at("scratch"));
        const { releases } = fetchPackages(at("scratch"), at("packages"), kernels);
        for (const [index, platform] of AGAIN.entries()) {
            const { kernel, initrd } = await nginxGuest(platform);
            const release = releases[index] ?? "";
            arrange(at("packages"), { ...PLATFORMS[platform], release }, own, at(platform));
            expect(initramfs(at(platform)).equals(readFileSync(initrd))).toBe(true);
            expect(readFileSync(kernelImage(at("packages"), release)).equals(readFileSync(kernel))).toBe(true);
        }
    } finally {
        process.umask(umask);
    }
});

test("what is built is found again, and small", async () => {
    const { buildGuest } = await import("../../tools/nginx-guest/build.mjs");
    expect(buildGuest()).toMatchObject({ built: false });
    const limits = { kvm: 8 << 20, xen: 8 << 20, iso: 10 << 20 };
    for (const platform of ["kvm", "xen", "iso"] as const)
        expect(readFileSync((await nginxGuest(platform)).initrd).length).toBeLessThan(limits[platform]);
});

test("nginx serves a data image with 96 MiB, and the power button ends it", async () => {
    await withLinuxGuest(
        {
            interfaces: [{ ...web, ipv4: "dhcp" }],
            hostname: "web0",
            args: ["nginx", "-c", "/etc/nginx/nginx.conf"],
            blocks: [{ path: at("site.iso"), mount: "/etc/nginx", format: "iso9660" }],
        },
        async (guest) => {
            expect(await guest.fetch("/index.html")).toBe("a page from the data image");
            expect(await guest.verdict()).toEqual({});
            guest.pressPowerButton();
            await guest.ended;
            expect(await guest.console()).toMatch(
                /=== pulumi-unikernel: starting web0 ===\n[^]*=== pulumi-unikernel: shutting down ===\n=== application exited with status 0 ===/,
            );
        },
    );
});

test("without a data image nginx serves a page of its own; a panic reaches the host's panic device", async () => {
    await withLinuxGuest(
        {
            interfaces: [{ ...web, ipv4: "dhcp" }],
            // The power button asks the program to end: this one lets the kernel panic.
            args: ["sh", "-c", "trap 'echo c > /proc/sysrq-trigger' TERM; nginx & wait"],
            qemu: ["-device", "pvpanic", "-action", "panic=exit-failure"],
        },
        async (guest) => {
            expect(await guest.fetch("/")).toContain("This guest runs");
            guest.pressPowerButton();
            expect(await guest.ended).not.toBe(0);
            expect(await guest.verdict()).toMatchObject({
                ended: { how: "crashed", because: expect.stringContaining("sysrq triggered crash") },
            });
        },
    );
});

test("the init does all that the configuration says", async () => {
    const odd = 'it\'s "odd" $HOME `x` \\n * ünï\n\nend\n';
    const script = `
        echo "host=$(hostname)"
        printf 'argument=%s.' "$1" | od -An -tx1 -v | tr -d ' \\n'; echo
        printf 'variable=%s.' "$ODD" | od -An -tx1 -v | tr -d ' \\n'; echo
        tr '\\0' '\\n' < /proc/$$/environ | grep -c '^dotted.name=1$'
        ip -o addr show eth0; ip -o addr show eth1; ip route; ip -6 route
        cat /data/odd\\ place/index.html; echo
        touch /data/odd\\ place/x || echo read-only
        echo kept > /state/deep/written
        exit 7`;
    await withLinuxGuest(
        {
            hostname: "told",
            env: { ODD: odd, "dotted.name": "1" },
            args: ["sh", "-c", script, "sh", odd],
            interfaces: [
                {
                    ...web,
                    ipv4: { address: "10.0.2.77/24", gateway: "10.0.2.2" },
                    ipv6: { address: "fd00:7::7/64", gateway: "fd00:7::1" },
                },
                { ...web, mac: "52:54:00:0a:0b:0d", ipv4: "dhcp" },
            ],
            blocks: [
                { path: at("state.ext4"), mount: "/state/deep", format: "ext4", access: "persist" },
                { path: at("site.iso"), mount: "/data/odd place", format: "iso9660" },
            ],
        },
        async (guest) => {
            await guest.ended;
            const text = await guest.console();
            const hex = (value: string): string => Buffer.from(value).toString("hex");
            for (const expected of [
                "=== pulumi-unikernel: starting told ===",
                "host=told",
                hex(`argument=${odd}.`),
                hex(`variable=${odd}.`),
                "\n1\n",
                "inet 10.0.2.77/24",
                "inet6 fd00:7::7/64",
                "default via 10.0.2.2 dev eth0",
                "default via fd00:7::1 dev eth0",
                "a page from the data image",
                "read-only",
            ])
                expect(text).toContain(expected);
            expect(text).not.toMatch(/fd00:7::7.*tentative/);
            expect(text).toMatch(/eth1 +inet 10\.0\.2\.15\/24/);
            expect(await guest.verdict()).toMatchObject({ ended: { how: "exited", status: 7 } });
        },
    );
    expect(await must("debugfs", ["-R", "cat /written", at("state.ext4")])).toBe("kept\n");
});

test.each([
    {
        name: "a disk without a file system",
        told: { args: ["nginx"], blocks: [{ path: "blank", mount: "/data" }] },
        because: "disk 0 (/dev/vda) for /data has neither",
    },
    {
        name: "a program that is not there",
        told: { args: ["/bin/postgres"] },
        because: "there is no program /bin/postgres",
    },
])("$name ends the boot with its reason", async ({ told, because }) => {
    const blocks = told.blocks?.map((block) => ({ ...block, path: at(block.path) }));
    await withLinuxGuest({ ...told, blocks }, async (guest) => {
        await guest.ended;
        expect(await guest.verdict()).toMatchObject({
            ended: { how: "crashed", because: expect.stringContaining(because) },
        });
    });
});
