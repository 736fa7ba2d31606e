import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testKernel } from "../e2e/guests";
import { type Stack, type StackOptions, withStack } from "../support/engine";
import { startLibvirtHost } from "../support/libvirtHost";

jest.setTimeout(900_000);

let folder: string;
beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "pulumi-unikernel-media-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface MediumOutput {
    path: string;
    sha256: string;
    size: number;
    manifest: Record<string, string>;
}
const sha256 = (file: string): string => createHash("sha256").update(readFileSync(file)).digest("hex");
const files = (stack: Stack): string[] =>
    readdirSync(stack.folder)
        .filter((name) => /\.(iso|tmp)$|SUMS$/.test(name))
        .sort();

async function withMedia(
    name: string,
    body: (stack: Stack, declare: (unikernels: object, images?: object) => Promise<void>) => Promise<void>,
    options: StackOptions = {},
): Promise<void> {
    const env = { XDG_CACHE_HOME: join(folder, "cache"), ...options.env };
    await withStack(
        "tests/iso/programs/media",
        name,
        (stack) =>
            body(stack, async (unikernels, images = {}) => {
                await stack.config("unikernels", JSON.stringify(unikernels));
                await stack.config("images", JSON.stringify(images));
            }),
        { ...options, env, config: { kernel: await testKernel(), ...options.config } },
    );
}

test("a medium is previewed, built, reviewed, rebuilt, mended and removed", async () => {
    await withMedia("life", async (stack, declare) => {
        const web = { web: { image: "data", output: "web.iso", args: ["serve"] } };
        const data = (page: string) => ({ data: { source: { "html/index.html": page, "nginx.conf": "same" } } });
        await declare(web, data("one"));
        expect((await stack.preview()).text).toMatch(/consequence *: "create"/);
        expect(files(stack)).toEqual([]);
        await stack.up();
        const first = (await stack.outputs<{ web: MediumOutput }>()).web;
        expect(first).toMatchObject({
            path: join(stack.folder, "web.iso"),
            sha256: sha256(join(stack.folder, "web.iso")),
        });
        expect(Object.keys(first.manifest)).toEqual(
            expect.arrayContaining(["/json.cfg", "/images/data", "/boot/grub/grub.cfg"]),
        );
        expect(Object.keys(first)).not.toEqual(expect.arrayContaining(["state"]));
        expect((await stack.up()).changes).toEqual({ same: 3 });

        await declare(web, data("two"));
        const preview = await stack.preview();
        expect(preview.text).toContain("rebuild: /data/html/index.html");
        expect(preview.text).toMatch(/~ html\/index\.html *: "[0-9a-f]{16}" => "[0-9a-f]{16}"/);
        expect(sha256(first.path)).toBe(first.sha256);
        expect((await stack.up()).changes).toEqual({ same: 1, update: 2 });
        const second = (await stack.outputs<{ web: MediumOutput }>()).web;
        expect(second.sha256).toBe(sha256(first.path));
        expect(second.sha256).not.toBe(first.sha256);

        writeFileSync(first.path, "not an image");
        expect((await stack.refresh()).changes).toMatchObject({ update: 1 });
        expect((await stack.preview()).text).toContain("rebuild: output (edited on the host)");
        await stack.up();
        expect(sha256(first.path)).toBe(second.sha256);

        rmSync(first.path);
        expect((await stack.up()).changes).toMatchObject({ update: 1 });
        expect(sha256(first.path)).toBe(second.sha256);
        expect((await stack.up()).changes).toEqual({ same: 3 });
        await stack.destroy();
        expect(files(stack)).toEqual([]);
    });
});

test("what means nothing on a medium is refused at preview, all at once, each at its path", async () => {
    await withMedia("refused", async (stack, declare) => {
        const refused = async (unikernels: object, images?: object): Promise<string> => {
            await declare(unikernels, images);
            return (await stack.preview({ fails: true })).text;
        };
        const card = { attach: { user: { forward: [{ host: 8080, guest: 80 }] } } };
        const text = await refused({
            web: {
                autostart: true,
                state: "paused",
                readiness: { tcp: { port: 80 } },
                label: "x".repeat(33),
                connection: "qemu:///system",
                interfaces: [card],
            },
        });
        for (const path of [
            "autostart",
            "state",
            "readiness",
            "label",
            "connection",
            "interfaces[0].attach.user.forward[0]",
        ])
            expect(text).toContain(`property ${path} `);
        expect(text).toMatch(/a medium is made, not run/);
        expect(await refused({ one: { output: "web.iso" }, two: { output: "web.iso" } })).toMatch(
            /property output .*already used by "(one|two)"/,
        );
        const data = join(stack.folder, "data");
        mkdirSync(data);
        writeFileSync(join(data, "page"), "hello");
        expect(await refused({ web: { image: "data", output: "data/web.iso" } }, { data: { source: "data" } })).toMatch(
            /property output .*data\/web\.iso lies inside of \S*\/data, the source of the data image data, so that the image would contain the one before/,
        );
        expect(files(stack)).toEqual([]);
    });
});

test("a secret is on the medium, and in plain text nowhere else", async () => {
    await withMedia("secret", async (stack, declare) => {
        await stack.config("password", "hunter2-hunter2", { secret: true });
        await declare({ web: { output: "web.iso", secretEnv: "password" } });
        const [preview, up] = [await stack.preview(), await stack.up()];
        expect(up.text).toContain("carries secrets in plain");
        const { text } = await stack.exportState();
        for (const seen of [preview.text, up.text, text]) expect(seen).not.toContain("hunter2");
        expect(readFileSync(join(stack.folder, "web.iso")).includes("hunter2-hunter2")).toBe(true);
        expect(text).not.toContain(sha256(join(stack.folder, "web.iso")));
        expect((await stack.up()).changes).toEqual({ same: 2 });
    });
});

test("from a guest on KVM to a medium and back: a replacement, reviewed, with nothing left of either", async () => {
    const host = await startLibvirtHost();
    try {
        await withMedia(
            "moves",
            async (stack, declare) => {
                const guest = { platform: "kvm", accelerator: "tcg", memory: 16, connection: host.uri };
                const medium = { output: "web.iso" };
                await declare({ web: guest });
                await stack.up();
                expect((await host.virsh("list", "--name")).trim()).toMatch(/^web-/);
                await declare({ web: medium });
                expect((await stack.preview()).text).toContain("replace: platform");
                await stack.up();
                expect(await host.virsh("list", "--all", "--name")).toBe("");
                expect(existsSync(join(stack.folder, "web.iso"))).toBe(true);
                await declare({ web: guest });
                await stack.up();
                expect(files(stack)).toEqual([]);
                expect((await host.virsh("list", "--name")).trim()).toMatch(/^web-/);
                await stack.destroy();
                expect(await host.virsh("list", "--all", "--name")).toBe("");
            },
            { enter: host.enter, env: host.env },
        );
    } finally {
        await host.close();
    }
});
