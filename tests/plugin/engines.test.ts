import type { LibvirtHost } from "../support/libvirtHost";
import { startLibvirtHost } from "../support/libvirtHost";
import { Either } from "./either";

jest.setTimeout(900_000);

let host: LibvirtHost;
beforeAll(async () => {
    host = await startLibvirtHost();
});
afterAll(() => host.close());

const guests = (greeting: string) =>
    Object.fromEntries(
        ["one", "two"].map((name) => [
            name,
            {
                image: "data",
                env: { GREETING: greeting },
                interfaces: [{ attach: { user: { forward: [{ guest: 80 }] } } }],
            },
        ]),
    );
const IMAGES = { data: { source: { "index.html": "shared" } } };

test("two engines use the plugin on one host at once, and each ends with its own guests", async () => {
    const own = (name: string, body: (either: Either) => Promise<void>) =>
        Either.with(host, name, body, { leave: true });
    await own("blue", (blue) =>
        own("green", async (green) => {
            const both = <T>(act: (either: Either, name: string) => Promise<T>) =>
                Promise.all([act(blue, "blue"), act(green, "green")]);
            await both((either, name) => either.declare("plugin", guests(name), IMAGES));
            for (const { changes } of await both(({ stack }) => stack.up())) expect(changes).toEqual({ create: 6 });
            const [one, two] = await both((either) => either.identities());
            const uuids = [one!, two!].flatMap((its) => [its.one!.uuid, its.two!.uuid]);
            expect(new Set(uuids).size).toBe(4);
            expect((await host.virsh("list", "--uuid")).split("\n").filter(Boolean).sort()).toEqual([...uuids].sort());
            // The same content is one file; it stays for the other when one goes.
            expect(one!.data!.digest).toBe(two!.data!.digest);

            await green.declare("plugin", guests("good day"), IMAGES);
            const [gone, changed] = await Promise.all([blue.stack.destroy(), green.stack.up()]);
            expect([gone.changes, changed.changes]).toEqual([{ delete: 6 }, { update: 2, same: 4 }]);
            expect((await host.virsh("list", "--uuid")).split("\n").filter(Boolean).sort()).toEqual(
                [two!.one!.uuid, two!.two!.uuid].sort(),
            );
            for (const text of Object.values(await green.consoles())) expect(text).toContain("env GREETING=good day");
        }),
    );
});
