import { type By, Either } from "../plugin/either";
import { type LibvirtHost, startLibvirtHost } from "../support/libvirtHost";

jest.setTimeout(900_000);

const NETWORK = "lan";

let host: LibvirtHost;
beforeAll(async () => {
    host = await startLibvirtHost();
    await host.defineNatNetwork(NETWORK, { subnet: "10.66.0", isolated: true });
});
afterAll(() => host.close());

/** A guest with all that follows from its URN: uuid, name, a MAC that no other may have in its network, and a port of the host. */
const guest = { interfaces: [{ attach: { network: NETWORK } }, { attach: { user: { forward: [{ guest: 80 }] } } }] };
const PROVIDERS: By[] = ["dynamic", "plugin"];
/** One guest of each provider. */
const both = (name: string, more: object = {}): Record<string, object> =>
    Object.fromEntries(PROVIDERS.map((by) => [`${by}-${name}`, { by, ...guest, ...more }]));
/** The same under another name, with an alias. */
const renamed = (name: string, former: string): Record<string, object> =>
    Object.fromEntries(PROVIDERS.map((by) => [`${by}-${name}`, { by, ...guest, formerly: `${by}-${former}` }]));
const namesOf = (name: string): string[] => PROVIDERS.map((by) => `${by}-${name}`);

interface Identity {
    uuid: string;
    name: string;
    macs: unknown[];
    ports: unknown[];
}

/** The guests of all providers that have this name. */
async function identitiesOf(either: Either, name: string): Promise<Identity[]> {
    const all = (await either.identities()) as Record<
        string,
        { uuid: string; name: string; mac?: string; attach?: { user?: { forward: { host: number }[] } } }
    >;
    return namesOf(name).map((guest) => ({
        uuid: all[guest]!.uuid,
        name: all[guest]!.name,
        macs: [all[`${guest}-0`]!.mac, all[`${guest}-1`]!.mac],
        ports: [all[`${guest}-1`]!.attach!.user!.forward[0]!.host],
    }));
}

/** Facts that guests must keep while another stack of their former name is deployed. */
const seen = (guests: Identity[]): Promise<[process: string, xml: string][]> =>
    Promise.all(
        guests.map(async ({ name }) => [await host.guestProcess(name), await host.virsh("dumpxml", name)] as const),
    ).then((all) => all.map(([process, xml]) => [process, xml]));

const processesOf = async (guests: Identity[]): Promise<string[]> => (await seen(guests)).map(([process]) => process);

async function expectRunning(...guests: Identity[]): Promise<void> {
    const running = (await host.virsh("list", "--name")).split("\n").filter(Boolean).sort();
    expect(running).toEqual(guests.map(({ name }) => name).sort());
}

/** No two of them share anything. */
function expectApart(guests: Identity[]): void {
    for (const values of [
        guests.map(({ uuid }) => uuid),
        guests.map(({ name }) => name),
        guests.flatMap(({ macs }) => macs),
        guests.flatMap(({ ports }) => ports),
    ])
        expect(new Set(values).size).toBe(values.length);
}

// One stack for both providers: each has guests of its own in it. In the end it also renames within the stack.
test("a stack is renamed and a new one gets its old name, a guest is renamed by an alias and its old name is declared again: each has a guest of its own", async () => {
    await Either.with(host, "dev", async (either) => {
        const { stack } = either;
        await either.declare("dynamic", { ...both("web"), ...both("api") });
        await stack.up();
        const prod = [...(await identitiesOf(either, "web")), ...(await identitiesOf(either, "api"))];
        await stack.pulumi(["stack", "rename", "prod"]);
        await stack.pulumi(["stack", "init", "dev"]);
        await stack.pulumi(["config", "cp", "--stack", "prod", "--dest", "dev"]);
        const before = await seen(prod);

        // The guests of prod are marked for dev still: the new stack must not take them.
        await either.declare("dynamic", both("web"));
        const refused = await stack.up({ fails: true, args: ["--continue-on-error"] });
        for (const name of namesOf("web"))
            expect(refused.text).toMatch(
                new RegExp(`Unikernel \\(${name}\\):\\n[^]*?not in this stack's state[^]*?renamed[^]*?adopt: true`),
            );
        expect(await seen(prod)).toEqual(before);

        await stack.pulumi(["stack", "select", "prod"]);
        await either.declare("dynamic", { ...both("web"), ...both("api") });
        await stack.up();
        const after = await seen(prod);
        expect(after.map(([process]) => process)).toEqual(before.map(([process]) => process));
        expect([...(await identitiesOf(either, "web")), ...(await identitiesOf(either, "api"))]).toEqual(prod);

        await stack.pulumi(["stack", "select", "dev"]);
        await either.declare("dynamic", both("web"));
        await stack.up();
        const dev = await identitiesOf(either, "web");
        expectApart([...dev, ...prod]);
        await expectRunning(...dev, ...prod);
        expect(await seen(prod)).toEqual(after);
        // It is kept: a replacement has the same identity, and there is nothing to do for what is not replaced.
        const { resources } = await stack.exportState();
        const urnOf = (name: string) =>
            resources.find(({ urn, type }) => type.endsWith(":Unikernel") && urn.endsWith(`::${name}`))!.urn;
        const replaced = await stack.up({ args: namesOf("web").flatMap((name) => ["--replace", urnOf(name)]) });
        const ops = replaced.steps.map(({ op, urn }) => `${op} ${urn.split("::").at(-1)}`);
        for (const name of namesOf("web"))
            expect(ops).toEqual(expect.arrayContaining([`replace ${name}`, `same ${name}-0`]));
        expect(await identitiesOf(either, "web")).toEqual(dev);
        await stack.destroy();
        await expectRunning(...prod);
        expect(await seen(prod)).toEqual(after);

        // An alias takes a guest to another name.
        await stack.pulumi(["stack", "select", "prod"]);
        await either.declare("dynamic", { ...renamed("shop", "web"), ...renamed("data", "api") });
        await stack.up();
        // Later the old name is declared again, with the alias still there and without it. In one run the engine itself refuses it:
        // "Duplicate resource URN … conflicting with alias".
        await either.declare("dynamic", { ...renamed("shop", "web"), ...both("data"), ...both("web"), ...both("api") });
        await stack.up();
        expect([...(await identitiesOf(either, "shop")), ...(await identitiesOf(either, "data"))]).toEqual(prod);
        expect(await processesOf(prod)).toEqual(after.map(([process]) => process));
        const second = [...(await identitiesOf(either, "web")), ...(await identitiesOf(either, "api"))];
        expectApart([...second, ...prod]);
        await expectRunning(...second, ...prod);
        expect(Object.keys((await stack.up()).changes)).toEqual(["same"]);
        await stack.destroy();
        await stack.pulumi(["stack", "select", "dev"]);
    });
    expect(await host.virsh("list", "--all", "--name")).toBe("");
});
