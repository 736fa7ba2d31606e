import type { LibvirtHost } from "../support/libvirtHost";
import { startLibvirtHost } from "../support/libvirtHost";
import { Guests, READY } from "./guests";

jest.setTimeout(900_000);

let host: LibvirtHost;
beforeAll(async () => {
    host = await startLibvirtHost();
});
afterAll(() => host.close());

const guest = (more: object = {}) => ({ env: { GREETING: "hello" }, readiness: READY, ...more });
const always = (greeting: string) => guest({ env: { GREETING: greeting }, options: { replaceOnChanges: ["env"] } });

/** Changes that others make to a guest on the host, and the `consequence` that the next `pulumi up` shows. */
const DEEDS: Record<string, { deed(name: string): Promise<unknown>; consequence: RegExp }> = {
    ended: { deed: (name) => host.virsh("destroy", name), consequence: /^live: state$/ },
    paused: { deed: (name) => host.virsh("suspend", name), consequence: /^live: state$/ },
    larger: { deed: (name) => host.virsh("setmaxmem", name, "32M", "--config"), consequence: /^restart: memory/ },
    undefined: {
        deed: async (name) => {
            await host.virsh("destroy", name);
            await host.virsh("undefine", name);
        },
        consequence: /^create$/,
    },
};
const REPLACED = ["named", "asked", "tainted", "always"];

// One run for all: each guest has a reason of its own.
test("every way to force a replacement ends with exactly one guest, and what happened behind our back is put right by refresh and up", async () => {
    await Guests.with(host, "replace", async (guests) => {
        const { stack } = guests;
        const rest = Object.fromEntries(["asked", "tainted", ...Object.keys(DEEDS)].map((name) => [name, guest()]));
        await guests.declare({ ...rest, named: guest(), always: always("hello") });
        await stack.up();
        const before = await guests.outputs();

        for (const [name, { deed }] of Object.entries(DEEDS)) await deed(before[name]!.name);
        const urns = Object.fromEntries(
            (await stack.exportState()).resources.map(({ urn }) => [urn.split("::").at(-1)!, urn]),
        );
        await stack.pulumi(["state", "taint", urns.tainted!, "--yes"]);
        await guests.declare({ ...rest, named: guest({ name: "renamed" }), always: always("good day") });
        const { steps } = await stack.up({ args: ["--refresh", "--replace", urns.asked!] });

        const replaced = steps.filter(({ op }) => op === "replace").map(({ urn }) => urn.split("::").at(-1)!);
        expect(replaced.sort()).toEqual([...REPLACED].sort());
        const after = await guests.outputs();
        for (const [name, { consequence }] of Object.entries(DEEDS))
            expect([name, after[name]]).toEqual([
                name,
                { ...before[name], state: "running", consequence: expect.stringMatching(consequence) },
            ]);
        for (const name of REPLACED)
            expect([name, after[name]]).toEqual([
                name,
                {
                    ...before[name],
                    name: name === "named" ? "renamed" : before[name]!.name,
                    consequence: expect.any(String),
                },
            ]);
        expect(await guests.running()).toEqual(
            Object.values(after)
                .map(({ name }) => name)
                .sort(),
        );
        expect(await guests.console(after.always!)).toContain("env GREETING=good day");
        expect((await stack.up()).changes).toEqual({ same: 9 });
    });
    expect(await host.virsh("list", "--all", "--name")).toBe("");
});
