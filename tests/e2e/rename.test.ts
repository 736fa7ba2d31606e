import { type By, Either } from "../plugin/either";
import { type LibvirtHost, startLibvirtHost } from "../support/libvirtHost";

jest.setTimeout(400_000);

const NETWORK = "lan";

let host: LibvirtHost;
beforeAll(async () => {
    host = await startLibvirtHost();
    await host.defineNatNetwork(NETWORK, { subnet: "10.66.0", isolated: true });
});
afterAll(() => host.close());

/** A guest with all that follows from its URN: uuid, name, a MAC that no other may have in its network, and a port of the host. */
const guest = { interfaces: [{ attach: { network: NETWORK } }, { attach: { user: { forward: [{ guest: 80 }] } } }] };
const web = { web: guest };

interface Identity {
    uuid: string;
    name: string;
    macs: unknown[];
    ports: unknown[];
}

async function identityOf(either: Either, name: string): Promise<Identity> {
    const all = (await either.identities()) as Record<
        string,
        { uuid: string; name: string; mac?: string; attach?: { user?: { forward: { host: number }[] } } }
    >;
    const { uuid, name: onHost } = all[name]!;
    return {
        uuid,
        name: onHost,
        macs: [all[`${name}-0`]!.mac, all[`${name}-1`]!.mac],
        ports: [all[`${name}-1`]!.attach!.user!.forward[0]!.host],
    };
}

/** What a guest must keep while another stack of its former name is deployed. */
const seen = async (name: string): Promise<string[]> => [
    await host.guestProcess(name),
    await host.virsh("dumpxml", name),
];

async function running(): Promise<string[]> {
    return (await host.virsh("list", "--name")).split("\n").filter(Boolean).sort();
}

function expectApart(one: Identity, other: Identity): void {
    expect(one.uuid).not.toBe(other.uuid);
    expect(one.name).not.toBe(other.name);
    for (const mac of one.macs) expect(other.macs).not.toContain(mac);
    for (const port of one.ports) expect(other.ports).not.toContain(port);
}

// Which stack runs first is the same to both providers: each order once.
describe.each<[By, string, boolean]>([
    ["dynamic", "before", false],
    ["plugin", "after", true],
])("by %s", (by, order, prodFirst) => {
    test.each([order])(
        "a stack is renamed, a new one gets its old name and runs %s the renamed one: each has a guest of its own",
        async () => {
            await Either.with(host, "dev", async (either) => {
                const { stack } = either;
                await either.declare(by, web);
                await stack.up();
                const prod = await identityOf(either, "web");
                await stack.pulumi(["stack", "rename", "prod"]);
                await stack.pulumi(["stack", "init", "dev"]);
                await stack.pulumi(["config", "cp", "--stack", "prod", "--dest", "dev"]);
                const before = await seen(prod.name);
                if (!prodFirst) {
                    // The guest of prod is marked for dev still: the new stack must not take it.
                    expect((await stack.up({ fails: true })).text).toMatch(
                        /not in this stack's state[^]*renamed[^]*adopt: true/,
                    );
                    expect(await seen(prod.name)).toEqual(before);
                }
                await stack.pulumi(["stack", "select", "prod"]);
                await stack.up();
                const after = await seen(prod.name);
                expect(after[0]).toBe(before[0]);
                expect(await identityOf(either, "web")).toEqual(prod);

                await stack.pulumi(["stack", "select", "dev"]);
                await stack.up();
                const dev = await identityOf(either, "web");
                expectApart(dev, prod);
                expect(await running()).toEqual([dev.name, prod.name].sort());
                expect(await seen(prod.name)).toEqual(after);
                // It is kept: there is nothing to do, and a replacement has the same identity.
                expect(Object.keys((await stack.up()).changes)).toEqual(["same"]);
                const { urn } = (await stack.exportState()).resources.find(({ type }) => type.endsWith(":Unikernel"))!;
                await stack.up({ args: ["--replace", urn] });
                expect(await identityOf(either, "web")).toEqual(dev);
                await stack.destroy();
                expect(await running()).toEqual([prod.name]);
                expect(await seen(prod.name)).toEqual(after);
                await stack.pulumi(["stack", "select", "prod"]);
                expect(Object.keys((await stack.up()).changes)).toEqual(["same"]);
                await stack.destroy();
                await stack.pulumi(["stack", "select", "dev"]);
            });
            expect(await host.virsh("list", "--all", "--name")).toBe("");
        },
    );

    // In one run the engine itself refuses it: "Duplicate resource URN … conflicting with alias".
    test("an alias takes a guest to another name, and later the old name is declared again: two guests", async () => {
        await Either.with(host, "alias", async (either) => {
            await either.declare(by, web);
            await either.stack.up();
            const first = await identityOf(either, "web");
            const before = await host.guestProcess(first.name);
            const shop = { shop: { ...guest, formerly: "web" } };
            await either.declare(by, shop);
            await either.stack.up();
            await either.declare(by, { ...shop, ...web });
            await either.stack.up();
            expect(await identityOf(either, "shop")).toEqual(first);
            expect(await host.guestProcess(first.name)).toBe(before);
            const second = await identityOf(either, "web");
            expectApart(second, first);
            expect(await running()).toEqual([first.name, second.name].sort());
            // Without the alias they are what they are.
            await either.declare(by, { shop: guest, ...web });
            expect(Object.keys((await either.stack.up()).changes)).toEqual(["same"]);
        });
        expect(await host.virsh("list", "--all", "--name")).toBe("");
    });
});
