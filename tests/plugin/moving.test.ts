import { join } from "node:path";
import type { Run } from "../support/engine";
import type { LibvirtHost } from "../support/libvirtHost";
import { startLibvirtHost } from "../support/libvirtHost";
import { type By, Either } from "./either";

jest.setTimeout(900_000);

let host: LibvirtHost;
beforeAll(async () => {
    host = await startLibvirtHost();
});
afterAll(() => host.close());

const GUESTS = {
    web: {
        image: "data",
        env: { GREETING: "hello", PASSWORD: { secret: "hunter2" } },
        interfaces: [{ attach: { user: { forward: [{ guest: 80 }] } } }],
    },
    inner: { parent: "site", args: ["one"], interfaces: [{}] },
};
const TOKENS = { dynamic: "pulumi-nodejs:dynamic/unikernel:Unikernel", plugin: "unikernel:index:Unikernel" };
const opsOf = ({ steps }: Run) => Object.fromEntries(steps.map(({ op, urn }) => [urn.split("::").at(-1), op]));
const MOVED = {
    site: "same",
    data: "update",
    kept: "update",
    web: "update",
    "web-0": "update",
    inner: "update",
    "inner-0": "update",
};

test("a stack that began with dynamic providers moves to the plugin and back, and no guest notices", async () => {
    await Either.with(
        host,
        "moving",
        async (either) => {
            const output = join(either.stack.folder, "kept.iso");
            const source = { "index.html": "page", "key.pem": { secret: "hunter2" } };
            await either.declare("dynamic", GUESTS, {
                data: { source },
                kept: { source: { "index.html": "page" }, output },
            });
            await either.stack.up();
            const before = {
                boots: await either.boots(),
                identities: await either.identities(),
                consoles: await either.consoles(),
            };
            expect(before.boots).toHaveLength(2);

            for (const by of ["plugin", "dynamic"] as By[]) {
                await either.by(by);
                expect(opsOf(await either.stack.up())).toEqual(MOVED);
                const { text, resources } = await either.stack.exportState();
                expect(resources.filter(({ type }) => type === TOKENS[by])).toHaveLength(2);
                expect(text.includes("__provider")).toBe(by === "dynamic");
                expect(text.includes("hunter2")).toBe(false);
                expect({
                    boots: await either.boots(),
                    identities: await either.identities(),
                    consoles: await either.consoles(),
                }).toEqual(before);
                // The mark on the host names the resource that owns the guest.
                expect(await host.virsh("dumpxml", "--inactive", before.identities.web!.name)).toContain(
                    `${TOKENS[by]}::web`,
                );
                expect((await either.stack.up({ args: ["--refresh"] })).changes).toEqual({
                    same: Object.keys(MOVED).length + 1,
                });
            }
            expect(await either.boots()).toEqual(before.boots);
        },
        { config: { "unikernel:allowQemuArgs": "true" }, leave: true },
    );
});
