import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Stack } from "../support/engine";
import { withStack } from "../support/engine";
import type { LibvirtHost } from "../support/libvirtHost";
import { startLibvirtHost } from "../support/libvirtHost";
import { nginxGuest } from "./guests";

jest.setTimeout(300_000);

let host: LibvirtHost;
let guest: string;
beforeAll(async () => {
    guest = await nginxGuest();
    host = await startLibvirtHost();
    await host.defineNatNetwork("default", { subnet: "192.168.122" });
});
afterAll(() => host.close());

async function example(
    name: string,
    body: (stack: Stack) => Promise<void>,
    config: Record<string, string> = {},
): Promise<void> {
    await withStack(`examples/${name}`, "test", body, {
        enter: host.enter,
        env: { ...host.env },
        config: { connection: host.uri, guest, ...config },
        parallel: 16,
    });
    expect(await host.virsh("list", "--all", "--name")).toBe("");
    expect(await host.virsh("net-dumpxml", "default")).not.toContain("<host ");
}

async function page(url: string): Promise<string> {
    const { stdout, code } = await host.exec("curl", ["--silent", "--show-error", "--fail", "--max-time", "20", url]);
    if (code !== 0) throw new Error(`no answer from ${url}`);
    return stdout;
}

test("one-guest: a page from a port that nobody chose", async () => {
    await example("one-guest", async (stack) => {
        await stack.up();
        const { url } = await stack.outputs<{ url: string }>();
        expect(await page(url)).toContain("This guest runs");
        expect((await stack.up()).changes).toEqual({ same: 3 });
    });
});

test("nginx-fleet: pages, a redeploy in batches, another size", async () => {
    await example(
        "nginx-fleet",
        async (stack) => {
            await stack.up();
            const { urls } = await stack.outputs<{ urls: string[] }>();
            expect(urls).toHaveLength(2);
            for (const [index, url] of urls.entries())
                expect(await page(url)).toContain(`<h1>Hello from web-${index}</h1>`);

            const file = join(stack.folder, "data/html/index.html");
            await writeFile(file, (await readFile(file, "utf8")).replace("Edit this page", "Edited"));
            await stack.config("greeting", "Good day");
            expect((await stack.preview()).text).toContain("restart: env.GREETING, /data/html/index.html");
            const redeploy = await stack.up();
            const updated = redeploy.steps
                .filter(({ type }) => type.endsWith(":Unikernel"))
                .map(({ urn }) => urn.split("::").pop());
            expect(updated).toEqual(["web-0", "web-1"]);
            for (const url of urls) expect(await page(url)).toMatch(/Good day from web-.*Edited/s);

            await stack.config("count", "1");
            expect((await stack.up()).changes).toMatchObject({ delete: 2 });
            await expect(page(urls[1]!)).rejects.toThrow("no answer");
        },
        { count: "2", maxUnavailable: "1" },
    );
});

test("static-addresses: one reserved, one configured in the guest", async () => {
    await example("static-addresses", async (stack) => {
        await stack.up();
        const { addresses } = await stack.outputs<{ addresses: string[] }>();
        expect(addresses).toEqual(["192.168.122.10", "192.168.122.11"]);
        for (const address of addresses) expect(await page(`http://${address}/`)).toContain("This guest runs");
        expect(await host.virsh("net-dumpxml", "default")).toMatch(
            /<host mac='52:54:00:[0-9a-f:]+'.* ip='192\.168\.122\.10'\/>/,
        );
    });
});

test("two-interfaces: reached by both", async () => {
    await example("two-interfaces", async (stack) => {
        await stack.up();
        const { url, addresses, macs } = await stack.outputs<{ url: string; addresses: string[]; macs: string[] }>();
        expect(new Set(macs).size).toBe(2);
        expect(await page(url)).toContain("This guest runs");
        expect(await page(`http://${addresses[1]}/`)).toContain("This guest runs");
    });
});

test("shared-image: what each guest writes stays with it, as long as it was told to", async () => {
    await example("shared-image", async (stack) => {
        await stack.up();
        const { urls } = await stack.outputs<{ urls: [string, string, string] }>();
        const starts = async () =>
            Promise.all(
                urls.map(
                    async (url) => (await page(`${url}starts`).catch(() => "")).split("\n").filter(Boolean).length,
                ),
            );
        for (const url of urls) expect(await page(url)).toContain("One image, three guests");
        expect(await starts()).toEqual([0, 1, 1]);

        const program = join(stack.folder, "index.ts");
        await writeFile(program, (await readFile(program, "utf8")).replace("memory: 128", "memory: 136"));
        await stack.up();
        expect(await starts()).toEqual([0, 1, 2]);

        // A replacement deletes first: even with deleteData, what is kept must outlive it.
        const { resources } = await stack.exportState();
        const targets = resources
            .filter(({ type }) => type.endsWith(":Unikernel"))
            .flatMap(({ urn }) => ["--target-replace", urn]);
        expect((await stack.up({ args: targets })).steps.map(({ op }) => op)).toContain("replace");
        expect(await starts()).toEqual([0, 1, 3]);
    });
});

test("secret-env: the guest has it, and says only its digest", async () => {
    await withStack(
        "examples/secret-env",
        "test",
        async (stack) => {
            await stack.config("token", "s3cret-t0ken", { secret: true });
            const up = await stack.up();
            const { url, guestConfig } = await stack.outputs<{ url: string; guestConfig: string }>();
            expect(await page(url)).toContain(createHash("sha256").update("s3cret-t0ken").digest("hex"));
            expect(guestConfig).toMatch(/TOKEN=.*secret/);
            for (const text of [up.text, guestConfig, (await stack.exportState()).text])
                expect(text).not.toContain("s3cret-t0ken");
        },
        { enter: host.enter, env: { ...host.env }, config: { connection: host.uri, guest } },
    );
});
