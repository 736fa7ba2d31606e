import type { LibvirtHost } from "../support/libvirtHost";
import { startLibvirtHost } from "../support/libvirtHost";
import { Guests, READY } from "./guests";

jest.setTimeout(240_000);

let host: LibvirtHost;
beforeAll(async () => {
    host = await startLibvirtHost();
});
afterAll(() => host.close());

const web = (more: object = {}) => ({ web: { env: { GREETING: "hello" }, readiness: READY, ...more } });

test("every way to force a replacement ends with exactly one guest", async () => {
    await Guests.with(host, "replace", async (guests) => {
        await guests.declare(web());
        await guests.stack.up();
        const first = (await guests.outputs()).web!;

        await guests.declare(web({ name: "renamed" }));
        expect((await guests.stack.preview()).text).toContain("replace: name");
        await guests.stack.up();
        expect(await guests.running()).toEqual(["renamed"]);

        const { urn } = (await guests.stack.exportState()).resources.find(({ type }) => type.endsWith(":Unikernel"))!;
        const forced = await guests.stack.up({ args: ["--target-replace", urn] });
        expect(forced.steps.map(({ op }) => op)).toContain("replace");
        expect(await guests.running()).toEqual(["renamed"]);
        expect((await guests.outputs()).web!.uuid).toBe(first.uuid);

        await guests.stack.pulumi(["state", "taint", urn, "--yes"]);
        expect((await guests.stack.up()).steps.map(({ op }) => op)).toContain("replace");
        expect(await guests.running()).toEqual(["renamed"]);
        expect((await guests.outputs()).web!.uuid).toBe(first.uuid);

        const always = { name: "renamed", options: { replaceOnChanges: ["env"] } };
        await guests.declare(web({ ...always, env: { GREETING: "good day" } }));
        expect((await guests.stack.up()).steps.map(({ op }) => op)).toContain("replace");
        expect(await guests.running()).toEqual(["renamed"]);
        expect(await guests.console((await guests.outputs()).web!)).toContain("env GREETING=good day");
    });
    expect(await host.virsh("list", "--all", "--name")).toBe("");
});

test("what happened behind our back is put right by refresh and up", async () => {
    await Guests.with(host, "drift", async (guests) => {
        await guests.declare(web());
        await guests.stack.up();
        const { name, uuid } = (await guests.outputs()).web!;
        const restored = async (consequence: RegExp, args = ["--refresh"]) => {
            await guests.stack.up({ args });
            expect(await guests.running()).toEqual([name]);
            expect((await guests.outputs()).web).toMatchObject({
                uuid,
                state: "running",
                consequence: expect.stringMatching(consequence),
            });
        };

        await host.virsh("destroy", name);
        await guests.stack.refresh();
        await restored(/^live: state$/, []);
        await host.virsh("suspend", name);
        await restored(/^live: state$/);
        await host.virsh("setmaxmem", name, "32M", "--config");
        await restored(/^restart: memory/);
        await host.virsh("destroy", name);
        await host.virsh("undefine", name);
        await restored(/^create$/);
        expect((await guests.stack.up()).changes).toEqual({ same: 2 });
    });
});

test("two stacks of one program on one host have guests of their own", async () => {
    await Guests.with(host, "blue", (blue) =>
        Guests.with(host, "green", async (green) => {
            const declared = {
                web: { readiness: READY, interfaces: [{ attach: { user: { forward: [{ guest: 80 }] } } }] },
            };
            await Promise.all([blue.declare(declared), green.declare(declared)]);
            await Promise.all([blue.stack.up(), green.stack.up()]);
            const [one, two] = [(await blue.outputs()).web!, (await green.outputs()).web!];
            expect(one.name).not.toBe(two.name);
            expect(await blue.running()).toEqual([one.name, two.name].sort());
            await blue.stack.destroy();
            expect(await green.running()).toEqual([two.name]);
        }),
    );
});
