import { namedHosts, placedBy, rankHosts } from "../../model";
import type { Run, StateResource } from "../support/engine";
import type { LibvirtHost } from "../support/libvirtHost";
import { startLibvirtHost } from "../support/libvirtHost";
import { type By, Fleets, opsOf } from "./fleets";

jest.setTimeout(900_000);

let hosts: LibvirtHost[];
beforeAll(async () => {
    hosts = await Promise.all([startLibvirtHost(), startLibvirtHost(), startLibvirtHost()]);
});
afterEach(() => Promise.all(hosts.map((host) => host.removeGuests())));
afterAll(() => Promise.all(hosts.map((host) => host.close())));

const NAMES = ["a", "b", "c"];
const listed = (count: number) =>
    hosts.slice(0, count).map((host, index) => ({ name: NAMES[index]!, connection: host.uri }));
const uriOf = (name: string) => hosts[NAMES.indexOf(name)]!.uri;
const guestsIn = (resources: StateResource[]) => resources.filter(({ type }) => type.endsWith(":Unikernel"));
const inOrder = (resources: StateResource[]) =>
    guestsIn(resources).sort((one, other) => one.urn.localeCompare(other.urn));

/** Each guest's process, by its name: of whichever host it is on. */
async function processesOf({ stack }: Fleets): Promise<Record<string, string>> {
    const guests = guestsIn((await stack.exportState()).resources);
    const found = await Promise.all(
        guests.map(async ({ outputs }) => {
            const host = hosts.find(({ uri }) => uri === outputs?.connection)!;
            const name = String(outputs?.name);
            return [name, `${String(outputs?.uuid)} on ${host.netns}: ${await host.guestProcess(name)}`];
        }),
    );
    return Object.fromEntries(found);
}

/** The host that each guest prefers, by the pure function, in the order of the members. */
function preferred(resources: StateResource[], count: number): string[] {
    return inOrder(resources).map(({ urn }) => rankHosts(namedHosts(listed(count)), placedBy(urn))[0]!.name);
}

const consequencesOf = ({ text }: Run): string[] => [...text.matchAll(/create on (\w)/g)].map(([, name]) => name!);

/** A fleet of four over two hosts, as previewed. */
async function placed(fleets: Fleets, by: By) {
    const { stack } = fleets;
    const template = { connection: null, args: ["one"], hostname: "${name}.${host}" };
    const args = { replicas: 4, template, hosts: listed(2), maxUnavailable: 8 };
    await fleets.declare(by, args);
    const preview = await stack.preview();
    await stack.up();
    const { resources } = await stack.exportState();
    const places = preferred(resources, 2);
    expect(new Set(places).size).toBe(2);
    expect((await fleets.members()).map(({ host }) => host)).toEqual(places.map(uriOf));
    expect(consequencesOf(preview).sort()).toEqual([...places].sort());
    expect(inOrder(resources).map(({ inputs }) => inputs?.hostname)).toEqual(
        places.map((name, index) => `web-${index}.${name}`),
    );
    return { args, places };
}

test("a fleet of the class over several hosts is placed as previewed, and a host that is gone is named", async () => {
    await Fleets.with(hosts[0]!, "hosts-class", async (fleets) => {
        const gone = { name: "gone", connection: "qemu+tcp://127.0.0.1:1/system" };
        await fleets.declare("template", { replicas: 1, template: { connection: null }, hosts: [gone] });
        const refused = await fleets.stack.up({ fails: true });
        expect(refused.text).toMatch(/no host can take it: gone \(qemu\+tcp:.*\) cannot be reached: /s);
        await placed(fleets, "template");
    });
});

test("a fleet of the plugin, too; another host or member moves nothing, a host cannot leave it, and one that is gone takes no other with it", async () => {
    await Fleets.with(hosts[0]!, "hosts-plugin", async (fleets) => {
        const { stack } = fleets;
        const { args, places } = await placed(fleets, "plugin");
        const before = await processesOf(fleets);
        await fleets.declare("plugin", { ...args, replicas: 6, hosts: listed(3) });
        expect((await stack.up()).changes).toMatchObject({ create: 2 });
        const after = await processesOf(fleets);
        expect(after).toMatchObject(before);
        expect(Object.keys(after)).toHaveLength(6);

        await fleets.declare("plugin", { ...args, replicas: 6, hosts: listed(3).slice(1) });
        const refused = await stack.preview({ fails: true });
        expect(refused.text).toMatch(/web-\d-\w+ is on a \(.*\), which is not in the list/);

        await hosts[1]!.stopDaemon();
        try {
            const changed = { ...args, replicas: 8, hosts: listed(3), template: { ...args.template, args: ["two"] } };
            await fleets.declare("plugin", changed);
            const failed = await stack.up({ fails: true, args: ["--continue-on-error"] });
            expect(failed.text).toMatch(/cannot be reached/);
        } finally {
            await hosts[1]!.startDaemon();
        }
        const now = inOrder((await stack.exportState()).resources);
        for (const [index, { outputs }] of now.entries()) {
            if (index < 4) expect(outputs?.connection).toBe(uriOf(places[index]!));
            if (index >= 6) expect(outputs?.connection).not.toBe(uriOf("b"));
            expect(outputs?.args).toEqual([outputs?.connection === uriOf("b") ? "one" : "two"]);
        }
        expect(opsOf(await stack.up())).toMatchObject({ [`Unikernel web-${places.indexOf("b")}`]: "update" });
    });
});
