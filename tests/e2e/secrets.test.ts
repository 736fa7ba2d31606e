import type { LibvirtHost } from "../support/libvirtHost";
import { startLibvirtHost } from "../support/libvirtHost";
import { Guests, READY } from "./guests";

jest.setTimeout(900_000);

let host: LibvirtHost;
beforeAll(async () => {
    host = await startLibvirtHost();
});
afterAll(() => host.close());

test("a secret of the environment reaches the guest, and is in plain text nowhere else", async () => {
    await Guests.with(host, "secrets", async (guests) => {
        await guests.stack.config("password", "hunter2-hunter2", { secret: true });
        await guests.declare({ web: { env: { STAGE: "test" }, secretEnv: "password", readiness: READY } });
        const preview = await guests.stack.preview();
        const up = await guests.stack.up();
        const { web } = await guests.outputs();
        expect(await guests.console(web!)).toContain("env PASSWORD=hunter2-hunter2");

        const state = await guests.stack.exportState();
        expect(state.text).toContain("STAGE");
        for (const text of [
            preview.text,
            up.text,
            state.text,
            await host.virsh("dumpxml", "--security-info", web!.name),
        ]) {
            expect(text).not.toContain("hunter2");
        }
        const { outputs } = state.resources.find(({ type }) => type.endsWith(":Unikernel"))!;
        expect(outputs!.guestConfig).toContain("PASSWORD=[secret]");
        // Encrypted by the engine: a digest over the secret could else be guessed by trying passwords.
        expect(outputs!.digestKey).toMatchObject({ ciphertext: expect.any(String) });
        expect((await guests.stack.up()).changes).toEqual({ same: 2 });

        await guests.stack.refresh();
        expect((await guests.stack.exportState()).text).not.toContain("hunter2");

        await guests.stack.config("password", "correct horse", { secret: true });
        const changed = await guests.stack.preview();
        expect(changed.text).toContain("restart: env.PASSWORD");
        expect(changed.text).not.toContain("horse");
        await guests.stack.up();
        expect(await guests.console(web!)).toContain("env PASSWORD=correct horse");
    });
});

test("a changed file of a data image is named where the guest sees it", async () => {
    await Guests.with(host, "images", async (guests) => {
        const web = { image: "data", readiness: READY };
        await guests.declare({ web }, { data: { source: { "nginx.conf": "one", "html/index.html": "page" } } });
        await guests.stack.up();
        const before = (await guests.outputs()).web!;
        await guests.declare({ web }, { data: { source: { "nginx.conf": "two", "html/index.html": "page" } } });
        const preview = await guests.stack.preview();
        expect(preview.text).toContain("restart: /data/nginx.conf");
        expect(preview.text).toMatch(/~ nginx\.conf *: "[0-9a-f]{16}" => "[0-9a-f]{16}"/);
        expect((await guests.stack.up()).changes).toEqual({ same: 1, update: 2 });
        expect((await guests.outputs()).web).toEqual({ ...before, consequence: "restart: /data/nginx.conf" });
        expect((await guests.stack.up()).changes).toEqual({ same: 3 });
    });
});

test("state stays small: 4 KB of ours for a unikernel with a configuration of 512 bytes, and for an interface", async () => {
    await Guests.with(host, "state", async (guests) => {
        const card = { attach: { user: { forward: [{ guest: 80 }] } } };
        await guests.declare(
            { web: { args: ["--text", "x".repeat(330)], image: "data", interfaces: [card], readiness: READY } },
            { data: { source: { "index.html": "page" } } },
        );
        await guests.stack.up();
        const { resources } = await guests.stack.exportState();
        const find = (kind: string) => resources.find(({ type }) => type.endsWith(`:${kind}`))!;
        expect(String(find("Unikernel").outputs!.guestConfig).length).toBeGreaterThanOrEqual(512);
        for (const { inputs, outputs } of [find("Unikernel"), find("NetworkInterface")]) {
            expect(Buffer.byteLength(JSON.stringify({ inputs, outputs }))).toBeLessThanOrEqual(4096);
        }
    });
});
