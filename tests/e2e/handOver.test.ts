import { type By, Either } from "../plugin/either";
import { type LibvirtHost, startLibvirtHost } from "../support/libvirtHost";

jest.setTimeout(400_000);

const NETWORK = "lan";

let host: LibvirtHost;
beforeAll(async () => {
    host = await startLibvirtHost();
    await host.defineNatNetwork(NETWORK, { subnet: "10.67.0", isolated: true });
});
afterAll(() => host.close());

const forward = (port: number): object => ({
    attach: { user: { forward: [{ host: port, guest: 80, address: "127.0.0.1" }] } },
});
const reserved = (mac: string, reserve: string): object => ({ mac, attach: { network: NETWORK }, ipv4: { reserve } });
const [first, second] = ["52:54:00:67:00:01", "52:54:00:67:00:02"] as const;

async function reservations(): Promise<Record<string, string>> {
    const hosts = (await host.virsh("net-dumpxml", NETWORK)).matchAll(/<host mac='([^']+)' ip='([^']+)'/g);
    return Object.fromEntries([...hosts].map(([, mac, address]) => [mac!, address!]));
}

async function forwardsOf(stack: Either["stack"]): Promise<string[]> {
    const outputs = await stack.outputs<Record<string, { name: string }>>();
    return Promise.all(
        ["a", "b"].map(
            async (guest) =>
                /hostfwd=tcp:127\.0\.0\.1:(\d+)-/.exec(await host.virsh("dumpxml", outputs[guest]!.name))![1]!,
        ),
    );
}

describe.each<By>(["dynamic", "plugin"])("by %s", (by) => {
    test("two guests swap their ports, reserved addresses and MACs in one pulumi up, and a renamed one keeps its fixed name by its alias", async () => {
        await Either.with(host, "swap", async (either) => {
            const { stack } = either;
            await either.declare(by, {
                a: { interfaces: [forward(18_167), reserved(first, "10.67.0.20")] },
                b: { interfaces: [forward(18_168), reserved(second, "10.67.0.21")] },
                c: { name: "fixed" },
            });
            await stack.up();
            expect(await forwardsOf(stack)).toEqual(["18167", "18168"]);

            await either.declare(by, {
                a: { interfaces: [forward(18_168), reserved(first, "10.67.0.21")] },
                b: { interfaces: [forward(18_167), reserved(second, "10.67.0.20")] },
                d: { name: "fixed", formerly: "c" },
            });
            expect((await stack.up()).changes).toMatchObject({ update: expect.any(Number) as number });
            expect(await forwardsOf(stack)).toEqual(["18168", "18167"]);
            expect(await reservations()).toEqual({ [first]: "10.67.0.21", [second]: "10.67.0.20" });
            expect((await host.virsh("list", "--name")).split("\n").filter(Boolean)).toHaveLength(3);

            await either.declare(by, {
                a: { interfaces: [forward(18_168), reserved(second, "10.67.0.21")] },
                b: { interfaces: [forward(18_167), reserved(first, "10.67.0.20")] },
                d: { name: "fixed", formerly: "c" },
            });
            await stack.up();
            expect(await reservations()).toEqual({ [second]: "10.67.0.21", [first]: "10.67.0.20" });
            expect(Object.keys((await stack.up()).changes)).toEqual(["same"]);

            // Without the alias the former holder goes only after the newcomer was to come: the error names it, and what to write.
            await either.declare(by, { e: { name: "fixed" } });
            expect((await stack.up({ fails: true })).text).toMatch(
                /it is "d" of this stack[^]*aliases: \[\{ name: "d" \}\]/,
            );
            await stack.destroy();
        });
        expect(await host.virsh("list", "--all", "--name")).toBe("");
        expect(await reservations()).toEqual({});
    });
});
