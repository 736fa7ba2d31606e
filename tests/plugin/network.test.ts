import { bridgeOf } from "../support/hostNetworks";
import { type LibvirtHost, startLibvirtHost } from "../support/libvirtHost";
import { type By, Either } from "./either";

jest.setTimeout(900_000);

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

test("made before its guest, by dynamic providers; taken over by the plugin, changed under the guest with its name in the preview, and removed after it", async () => {
    await Either.with(host, "network", async (either) => {
        const { stack } = either;
        const declare = (by: By, own: object, others: object = {}) =>
            either.declare(by, GUESTS, {}, {}, { lan: own, ...others });
        const made = async () => (await stack.outputs<{ lan: { bridge: string; uuid: string } }>()).lan;
        await declare("dynamic", lan("10.71.0"));
        await stack.up();
        const [boots, first] = [await either.boots(), await made()];

        // By the plugin, where it was not: the same network and the same guest.
        await either.by("plugin");
        await stack.up();
        expect(await made()).toEqual(first);
        expect(await either.boots()).toEqual(boots);

        await declare("plugin", lan("10.71.0", { hosts: [{ name: "a", address: "10.71.0.9" }] }));
        expect((await stack.preview()).text).toContain("live: hosts");
        await declare("plugin", lan("10.72.0"));
        expect((await stack.preview()).text).toContain(
            "restart of the network: ipv4; cut off for a moment: web; they keep their former addresses",
        );
        await stack.up();
        expect(await either.boots()).toEqual(boots);
        expect(await bridgeOf(host, "web")).toBe((await made()).bridge);
        expect((await stack.up({ args: ["--refresh"] })).changes).toEqual({ same: expect.any(Number) });

        await declare("plugin", lan("10.72.0"), { other: { ipv4: { address: "10.72.0.129/25" } } });
        expect((await stack.preview({ fails: true })).text).toMatch(/10\.72\.0\.129\/25 overlaps 10\.72\.0\.1\/24/);
        await stack.destroy();
        expect(await names()).toEqual([]);
    });
});

test("an import takes over a network that virsh made, and changes nothing until the first update", async () => {
    await host.defineNatNetwork("byhand", { subnet: "10.73.0" });
    await Either.with(host, "network-import", async (either) => {
        const { stack } = either;
        await either.declare("plugin", {});
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
