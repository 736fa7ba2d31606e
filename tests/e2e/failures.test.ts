import type { LibvirtHost } from "../support/libvirtHost";
import { startLibvirtHost } from "../support/libvirtHost";
import { Guests, READY } from "./guests";

jest.setTimeout(240_000);

let host: LibvirtHost;
beforeAll(async () => {
    host = await startLibvirtHost();
});
afterAll(() => host.close());

const web = (env: Record<string, string>, more: object = {}) => ({ web: { env, readiness: READY, ...more } });

test("a guest that does not become ready is in state, and the next up puts it right", async () => {
    await Guests.with(host, "partial", async (guests) => {
        await guests.declare(web({}, { readiness: { console: "never printed", timeout: 3 } }));
        const failed = await guests.stack.up({ fails: true });
        expect(failed.text).toMatch(/test kernel ready/);
        expect(await guests.onHost()).toHaveLength(1);
        const { resources } = await guests.stack.exportState();
        const unikernel = resources.find(({ type }) => type.endsWith(":Unikernel"))!;
        expect(unikernel).toMatchObject({
            outputs: { __provider: expect.stringContaining("unikernel") },
            initErrors: [expect.any(String)],
        });

        // Nothing changed, and it is still not ready: the engine tries again, with the guest that there is.
        await guests.stack.up({ fails: true });
        expect(await guests.onHost()).toHaveLength(1);

        await guests.declare(web({}));
        await guests.stack.up();
        expect(await guests.running()).toHaveLength(1);
        expect((await guests.outputs()).web).toMatchObject({ uuid: unikernel.id, state: "running" });
        expect((await guests.stack.up()).changes).toEqual({ same: 2 });
    });
    expect(await host.virsh("list", "--all", "--name")).toBe("");
});

test("a redeploy that does not come up is taken back, and state says what runs", async () => {
    await Guests.with(host, "rollback", async (guests) => {
        await guests.declare(web({ GREETING: "hello" }));
        await guests.stack.up();
        const before = await guests.outputs();

        await guests.declare(web({ GREETING: "good day", TEST: "panic" }));
        const failed = await guests.stack.up({ fails: true });
        expect(failed.text).toMatch(/\| panic: as told by the test/);
        expect(await guests.running()).toEqual([before.web!.name]);
        expect(await guests.console(before.web!)).toContain("env GREETING=hello");
        const { inputs } = (await guests.stack.exportState()).resources.find(({ type }) =>
            type.endsWith(":Unikernel"),
        )!;
        expect(inputs!.env).toEqual({ GREETING: "hello" });

        await guests.declare(web({ GREETING: "hello" }));
        expect((await guests.stack.up()).changes).toEqual({ same: 2 });
    });
});

test("every problem is shown at once, by its property, before anything is touched", async () => {
    await Guests.with(host, "problems", async (guests) => {
        const attach = { user: { forward: [{ host: 18099, guest: 80 }] } };
        await guests.declare({
            one: { interfaces: [{ attach }], readiness: READY },
            two: { interfaces: [{ attach }], vcpus: 0, memroy: 64 },
        });
        const failed = await guests.stack.up({ fails: true });
        for (const property of ["vcpus", "memroy"]) expect(failed.text).toContain(property);
        expect(failed.text).not.toMatch(/\n\s+at /);

        await guests.declare({
            one: { interfaces: [{ attach }], readiness: READY },
            two: { interfaces: [{ attach }] },
        });
        expect((await guests.stack.preview({ fails: true })).text).toMatch(
            /interfaces\[0\]\.attach\.user\.forward\[0\]\.host.*already used by "(one|two)"/s,
        );
        await guests.declare({});
        await guests.stack.up();
    });
});
