import { bridgeOf } from "../support/hostNetworks";
import { type LibvirtHost, startLibvirtHost } from "../support/libvirtHost";
import { type By, Either } from "./either";

jest.setTimeout(240_000);

let host: LibvirtHost;
beforeAll(async () => {
    host = await startLibvirtHost();
});
afterAll(() => host.close());

const lan = (subnet: string, more: object = {}) => ({
    name: "lan",
    ipv4: { address: `${subnet}.1/24`, dhcp: { start: `${subnet}.100`, end: `${subnet}.200` } },
    ...more,
});
const GUESTS = {
    web: { name: "web", interfaces: [{ mac: "52:54:00:71:00:01", attach: { declared: "lan" } }] },
};
const names = async (): Promise<string[]> =>
    (await host.virsh("net-list", "--all", "--name")).split("\n").filter(Boolean).sort();

test.each<By>(["dynamic", "plugin"])(
    "%s: made before its guest, changed under it with its name in the preview, and removed after it",
    async (by) => {
        await Either.with(host, `network-${by}`, async (either) => {
            const { stack } = either;
            await either.declare(by, GUESTS, {}, {}, { lan: lan("10.71.0") });
            await stack.up();
            const boots = await either.boots();
            expect((await stack.preview()).changes).toEqual({ same: expect.any(Number) });

            await either.declare(
                by,
                GUESTS,
                {},
                {},
                { lan: lan("10.71.0", { hosts: [{ name: "a", address: "10.71.0.9" }] }) },
            );
            expect((await stack.preview()).text).toContain("live: hosts");
            await either.declare(by, GUESTS, {}, {}, { lan: lan("10.72.0") });
            expect((await stack.preview()).text).toContain(
                "restart of the network: ipv4; cut off for a moment: web; they keep their former addresses",
            );
            await stack.up();
            expect(await either.boots()).toEqual(boots);
            const { lan: made } = await stack.outputs<{ lan: { bridge: string; uuid: string } }>();
            expect(await bridgeOf(host, "web")).toBe(made.bridge);

            // By the plugin, where it was not: the same network and the same guest.
            if (by === "dynamic") {
                await either.by("plugin");
                await stack.up();
                expect((await stack.outputs<{ lan: unknown }>()).lan).toEqual(made);
                expect(await either.boots()).toEqual(boots);
            }
            await stack.refresh();
            expect((await stack.preview()).changes).toEqual({ same: expect.any(Number) });

            await either.declare(
                "plugin",
                GUESTS,
                {},
                {},
                { lan: lan("10.72.0"), other: { ipv4: { address: "10.72.0.129/25" } } },
            );
            expect((await stack.preview({ fails: true })).text).toMatch(/10\.72\.0\.129\/25 overlaps 10\.72\.0\.1\/24/);
            await stack.destroy();
            expect(await names()).toEqual([]);
        });
    },
);

test("an import takes over a network that virsh made, and changes nothing until the first update", async () => {
    await host.defineNatNetwork("byhand", { subnet: "10.73.0" });
    await Either.with(host, "network-import", async (either) => {
        const { stack } = either;
        await either.declare("plugin", {});
        await stack.up();
        await stack.pulumi([
            ...["import", "unikernel:index:Network", "mine", `${host.uri}#byhand`],
            ...["--yes", "--generate-code=false", "--protect=false"],
        ]);
        const mine = { name: "byhand", ipv4: lan("10.73.0").ipv4, autostart: false };
        await either.declare("plugin", {}, {}, {}, { mine });
        expect((await stack.preview()).changes).toEqual({ same: expect.any(Number) });
        expect(await host.virsh("net-dumpxml", "byhand")).not.toContain("unikernel");
        await either.declare("plugin", {}, {}, {}, { mine: { ...mine, hosts: [{ name: "a", address: "10.73.0.9" }] } });
        await stack.up();
        expect(await host.virsh("net-dumpxml", "byhand", "--inactive")).toContain("unikernel:network");
        await stack.destroy();
        expect(await names()).not.toContain("byhand");
    });
});
