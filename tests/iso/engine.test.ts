import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testKernel } from "../e2e/guests";
import { type Stack, withStack } from "../support/engine";
import { startLibvirtHost } from "../support/libvirtHost";
import { declareMedia } from "./media";

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

// Media and guests of one stack: `web` is a medium with a data image, `hush` one with a secret, `leaves` goes from a guest on KVM to a
// medium, and `comes` the other way.
test("a medium is built, its change is previewed, made and mended; a secret is on it and in plain text nowhere else; a guest becomes a medium and back by a reviewed replacement; destroy leaves nothing", async () => {
    const host = await startLibvirtHost();
    try {
        const running = async (): Promise<string> => (await host.virsh("list", "--all", "--name")).trim();
        const guest = { platform: "kvm", accelerator: "tcg", memory: 16, connection: host.uri };
        const web = { image: "data", output: "web.iso", args: ["serve"] };
        const hush = { output: "hush.iso", secretEnv: "password" };
        const data = (page: string) => ({ data: { source: { "html/index.html": page, "nginx.conf": "same" } } });
        await withStack(
            "tests/iso/programs/media",
            "life",
            async (stack) => {
                await stack.config("password", "hunter2-hunter2", { secret: true });
                const at = (name: string): string => join(stack.folder, name);
                const outputs = () => stack.outputs<Record<string, MediumOutput>>();
                await declareMedia(stack, { web, hush, leaves: guest, comes: { output: "comes.iso" } }, data("one"));
                const up = await stack.up();
                const first = (await outputs()).web!;
                expect(first).toMatchObject({ path: at("web.iso"), sha256: sha256(at("web.iso")) });
                expect(Object.keys(first.manifest)).toEqual(
                    expect.arrayContaining(["/json.cfg", "/images/data", "/boot/grub/grub.cfg"]),
                );
                expect(Object.keys(first)).not.toEqual(expect.arrayContaining(["state"]));
                expect(files(stack)).toEqual(["SHA256SUMS", "comes.iso", "hush.iso", "web.iso"]);
                expect(await running()).toMatch(/^leaves-\S+$/);

                expect(up.text).toContain("carries secrets in plain");
                const { text } = await stack.exportState();
                for (const seen of [up.text, text]) expect(seen).not.toContain("hunter2");
                expect(readFileSync(at("hush.iso")).includes("hunter2-hunter2")).toBe(true);
                expect(text).not.toContain(sha256(at("hush.iso")));

                await stack.config("password", "correct horse", { secret: true });
                await declareMedia(stack, { web, hush, leaves: { output: "leaves.iso" }, comes: guest }, data("two"));
                const preview = await stack.preview();
                expect(preview.text).toContain("rebuild: /data/html/index.html");
                expect(preview.text).toMatch(/~ html\/index\.html *: "[0-9a-f]{16}" => "[0-9a-f]{16}"/);
                expect(preview.text).toContain("rebuild: env.PASSWORD");
                expect(preview.text).not.toMatch(/hunter2|horse/);
                expect(preview.text.match(/replace: platform/g)!.length).toBeGreaterThanOrEqual(2);
                expect(sha256(first.path)).toBe(first.sha256);
                const changed = await stack.up();
                const replaced = changed.steps
                    .filter(({ op }) => op === "replace")
                    .map(({ urn }) => urn.split("::").at(-1));
                expect(replaced.sort()).toEqual(["comes", "leaves"]);
                const second = (await outputs()).web!;
                expect(second.sha256).toBe(sha256(first.path));
                expect(second.sha256).not.toBe(first.sha256);
                expect(files(stack)).toEqual(["SHA256SUMS", "hush.iso", "leaves.iso", "web.iso"]);
                expect(await running()).toMatch(/^comes-\S+$/);

                // Drift, with a refresh and without one. Each harm: tests/iso/lifecycle.test.ts.
                writeFileSync(first.path, "not an image");
                expect((await stack.refresh()).changes).toMatchObject({ update: 1 });
                rmSync(at("leaves.iso"));
                expect((await stack.up()).changes).toMatchObject({ update: 2 });
                expect(sha256(first.path)).toBe(second.sha256);
                expect((await outputs()).leaves!.sha256).toBe(sha256(at("leaves.iso")));
                expect(Object.keys((await stack.up()).changes)).toEqual(["same"]);
                expect((await stack.exportState()).text).not.toMatch(/hunter2|horse/);

                await stack.destroy();
                expect(files(stack)).toEqual([]);
                expect(await running()).toBe("");
            },
            {
                enter: host.enter,
                env: { ...host.env, XDG_CACHE_HOME: join(folder, "cache") },
                config: { kernel: await testKernel() },
            },
        );
    } finally {
        await host.close();
    }
});

// Two media of one output: tests/iso/lifecycle.test.ts, as is a medium within the source of its image.
test("what means nothing on a medium is refused at preview, all at once, each at its path", async () => {
    await withStack(
        "tests/iso/programs/media",
        "refused",
        async (stack) => {
            const card = { attach: { user: { forward: [{ host: 8080, guest: 80 }] } } };
            await declareMedia(stack, {
                web: {
                    autostart: true,
                    state: "paused",
                    readiness: { tcp: { port: 80 } },
                    label: "x".repeat(33),
                    connection: "qemu:///system",
                    interfaces: [card],
                },
            });
            const { text } = await stack.preview({ fails: true });
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
            expect(files(stack)).toEqual([]);
        },
        { env: { XDG_CACHE_HOME: join(folder, "cache") }, config: { kernel: await testKernel() } },
    );
});
