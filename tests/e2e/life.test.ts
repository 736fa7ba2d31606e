import type { LibvirtHost } from "../support/libvirtHost";
import { startLibvirtHost } from "../support/libvirtHost";
import { Guests, READY } from "./guests";

jest.setTimeout(900_000);

let host: LibvirtHost;
beforeAll(async () => {
    host = await startLibvirtHost();
});
afterAll(() => host.close());

const web = (greeting: string, more: object = {}) => ({ env: { GREETING: greeting }, readiness: READY, ...more });

test("up, nothing to do, a change that is previewed, a redeploy in place, scaling, destroy", async () => {
    await Guests.with(host, "life", async (guests) => {
        const card = { attach: { user: { forward: [{ guest: 80 }] } } };
        await guests.declare({ web: web("hello", { interfaces: [card] }), other: web("hello") });
        expect((await guests.stack.up()).changes).toEqual({ create: 4 });
        const before = await guests.outputs();
        expect(await guests.running()).toEqual(
            Object.values(before)
                .map(({ name }) => name)
                .sort(),
        );
        expect(await guests.console(before.web!)).toContain("env GREETING=hello");

        expect((await guests.stack.up()).changes).toEqual({ same: 4 });

        await guests.declare({ web: web("good day", { interfaces: [card] }), other: web("hello") });
        const preview = await guests.stack.preview();
        expect(preview.steps.map(({ op, urn }) => `${op} ${urn.split("::").pop()}`)).toContain("update web");
        expect(preview.text).toMatch(/~ GREETING: "hello" => "good day"/);
        expect(preview.text).toMatch(/~ consequence: "create" => "restart: env.GREETING"/);
        expect(await guests.console(before.web!)).toContain("env GREETING=hello");

        expect((await guests.stack.up()).changes).toEqual({ same: 3, update: 1 });
        const after = await guests.outputs();
        expect(after.web).toEqual({ ...before.web, consequence: "restart: env.GREETING" });
        expect(after.other).toEqual(before.other);
        expect(await guests.console(after.web!)).toContain("env GREETING=good day");
        expect((await guests.stack.up()).changes).toEqual({ same: 4 });

        await guests.declare({
            web: web("good day", { interfaces: [card] }),
            other: web("hello"),
            third: web("hello"),
            fourth: web("hello"),
        });
        expect((await guests.stack.up()).changes).toEqual({ same: 4, create: 2 });
        expect(await guests.running()).toHaveLength(4);

        expect((await guests.stack.destroy()).changes).toEqual({ delete: 6 });
        expect(await guests.onHost()).toEqual([]);
        expect(await guests.files()).toEqual([]);
    });
});
