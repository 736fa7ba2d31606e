import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { LibvirtHost } from "../support/libvirtHost";
import { startLibvirtHost } from "../support/libvirtHost";
import { Guests, READY } from "./guests";

// Restarts of real guests by the real engine, on machines that do other things too.
jest.setTimeout(900_000);

let host: LibvirtHost;
beforeAll(async () => {
    host = await startLibvirtHost();
});
afterAll(() => host.close());

const CARD = { attach: { user: { forward: [{ guest: 80 }] } } };
const web = (greeting: string, more: object = {}) => ({ env: { GREETING: greeting }, readiness: READY, ...more });

/** The file of a disk, made on the host. */
function file(path: string): string {
    const full = join(host.folder, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, "seed".padEnd(64 * 1024, "."));
    return full;
}

/** Persist disks by their names, as one guest has them before and after a change. */
function disks() {
    const [one, two, renamed] = [file("a/disk.img"), file("b/disk.img"), file("a/disk-2.img")];
    const guest = (...list: [path: string, name: string][]) => ({
        readiness: READY,
        deleteData: true,
        blocks: list.map(([path, name], index) => ({ path, name, mount: `/${index}`, access: "persist" })),
    });
    return {
        before: {
            swapped: guest([one, "first"], [two, "second"]),
            shortened: guest([two, "second"], [one, "first"]),
            refiled: guest([one, "first"]),
            exchanged: guest([one, "first"]),
        },
        after: {
            swapped: guest([two, "second"], [one, "first"]),
            shortened: guest([one, "first"]),
            refiled: guest([renamed, "first"]),
            exchanged: guest([renamed, "third"]),
        },
    };
}

/** Return the first bytes of a guest's persist disks, in the order of its definition. */
async function contents(name: string): Promise<string[]> {
    const xml = await host.virsh("dumpxml", name);
    return [...xml.matchAll(/<source file=['"]([^'"]+\.persist\.img)['"]/g)].map(([, path]) =>
        readFileSync(path!, "utf8").slice(0, 6).replace(/\..*/, ""),
    );
}

// One stack for what has no need of its own: guests `web` and `other` for the life of a guest, `secret` for a secret, `data` for
// the files of an image, `large` for the size of state, and the others for their disks.
test("up, a change that is previewed, a redeploy in place, scaling, nothing to do, destroy: with secrets, data images and disks that keep their own data", async () => {
    await Guests.with(host, "life", async (guests) => {
        const { stack } = guests;
        const its = disks();
        const PERSIST = Object.keys(its.before);
        const same = {
            other: web("hello"),
            secret: { env: { STAGE: "test" }, secretEnv: "password", readiness: READY },
            data: { image: "data", readiness: READY },
            large: { args: ["--text", "x".repeat(330)], image: "page", interfaces: [CARD], readiness: READY },
        };
        const images = (conf: string) => ({
            data: { source: { "nginx.conf": conf, "html/index.html": "page" } },
            page: { source: { "index.html": "page" } },
        });
        await stack.config("password", "hunter2-hunter2", { secret: true });
        await guests.declare(
            { web: web("hello", { interfaces: [CARD] }), gone: web("hello"), ...same, ...its.before },
            images("one"),
        );
        const up = await stack.up();
        expect(up.changes).toEqual({ create: 15 });
        const before = await guests.outputs();
        expect(await guests.running()).toEqual(
            Object.values(before)
                .map(({ name }) => name)
                .sort(),
        );
        expect(await guests.console(before.web!)).toContain("env GREETING=hello");

        // A secret of the environment reaches the guest, and is in plain text nowhere else.
        expect(await guests.console(before.secret!)).toContain("env PASSWORD=hunter2-hunter2");
        const state = await stack.exportState();
        expect(state.text).toContain("STAGE");
        for (const text of [up.text, state.text, await host.virsh("dumpxml", "--security-info", before.secret!.name)])
            expect(text).not.toContain("hunter2");
        const find = (kind: string, name: string) =>
            state.resources.find(({ urn, type }) => type.endsWith(`:${kind}`) && urn.endsWith(`::${name}`))!;
        const { outputs } = find("Unikernel", "secret");
        expect(outputs!.guestConfig).toContain("PASSWORD=[secret]");
        // Encrypted by the engine: a digest over the secret could else be guessed by trying passwords.
        expect(outputs!.digestKey).toMatchObject({ ciphertext: expect.any(String) });

        // 4 KB of ours for a unikernel with a configuration of 512 bytes, and for an interface.
        const [large, card] = [find("Unikernel", "large"), find("NetworkInterface", "large-0")];
        expect(String(large.outputs!.guestConfig).length).toBeGreaterThanOrEqual(512);
        for (const { inputs, outputs } of [large, card])
            expect(Buffer.byteLength(JSON.stringify({ inputs, outputs }))).toBeLessThanOrEqual(4096);

        // The guests' writes are the test's.
        const folderOf = (name: string): string => join(host.env.PULUMI_UNIKERNEL_DIR, before[name]!.uuid);
        const persist = (name: string): string[] =>
            readdirSync(folderOf(name))
                .filter((entry) => entry.includes(".persist."))
                .sort();
        for (const name of PERSIST)
            for (const entry of persist(name))
                writeFileSync(join(folderOf(name), entry), entry.replace(/\..*/, ""), { flag: "r+" });
        expect(await contents(before.swapped!.name)).toEqual(["first", "second"]);

        await stack.config("password", "correct horse", { secret: true });
        await guests.declare(
            {
                web: web("good day", { interfaces: [CARD] }),
                ...same,
                ...its.after,
                third: web("hello"),
                fourth: web("hello"),
            },
            images("two"),
        );
        const preview = await stack.preview();
        expect(preview.steps.map(({ op, urn }) => `${op} ${urn.split("::").pop()}`)).toContain("update web");
        expect(preview.text).toMatch(/~ GREETING: "hello" => "good day"/);
        expect(preview.text).toMatch(/~ consequence: "create" => "restart: env.GREETING"/);
        expect(preview.text).toContain("restart: env.PASSWORD");
        expect(preview.text).not.toMatch(/horse|hunter2/);
        // A changed file of a data image is named where the guest sees it.
        expect(preview.text).toContain("restart: /data/nginx.conf");
        expect(preview.text).toMatch(/~ nginx\.conf *: "[0-9a-f]{16}" => "[0-9a-f]{16}"/);
        expect(await guests.console(before.web!)).toContain("env GREETING=hello");

        // The unikernels web, secret, data and three with disks, and the image: a persist disk is what its name says, not its file.
        expect((await stack.up()).changes).toEqual({ same: 7, update: 7, create: 2, delete: 1 });
        const after = await guests.outputs();
        expect(after.web).toEqual({ ...before.web, consequence: "restart: env.GREETING" });
        expect(after.other).toEqual(before.other);
        expect(after.data).toEqual({ ...before.data, consequence: "restart: /data/nginx.conf" });
        expect(await guests.console(after.web!)).toContain("env GREETING=good day");
        expect(await guests.console(after.secret!)).toContain("env PASSWORD=correct horse");
        expect(await guests.running()).toEqual(
            Object.values(after)
                .map(({ name }) => name)
                .sort(),
        );
        expect(Object.keys(after)).toEqual(expect.arrayContaining(["third", "fourth"]));
        expect(after).not.toHaveProperty("gone");

        // Each persist disk keeps its own data: swapped, the first removed, its file renamed, another in its place.
        expect(await contents(after.swapped!.name)).toEqual(["second", "first"]);
        expect(await contents(after.shortened!.name)).toEqual(["first"]);
        expect(after.shortened!.consequence).toContain('the data of "second" stay in second.persist.img');
        expect(persist("shortened")).toEqual(["first.persist.img", "second.persist.img"]);
        expect(await contents(after.refiled!.name)).toEqual(["first"]);
        expect(await contents(after.exchanged!.name)).toEqual(["seed"]);
        expect(after.exchanged!.consequence).toBe(
            'restart: blocks[0] (a new, empty disk "third"; first.persist.img stays behind)',
        );
        expect(persist("exchanged")).toEqual(["first.persist.img", "third.persist.img"]);

        // Neither what was made nor what was changed has anything left to do, and a refresh brings no secret into state.
        expect((await stack.up({ args: ["--refresh"] })).changes).toEqual({ same: 16 });
        expect((await stack.exportState()).text).not.toMatch(/horse|hunter2/);

        expect((await stack.destroy()).changes).toEqual({ delete: 16 });
        expect(await guests.onHost()).toEqual([]);
        expect(await guests.files()).toEqual([]);
    });
});
