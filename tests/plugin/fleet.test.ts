import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { logicalName } from "../../model";
import type { StateResource } from "../support/engine";
import type { LibvirtHost } from "../support/libvirtHost";
import { startLibvirtHost } from "../support/libvirtHost";
import { Fleets, opsOf } from "./fleets";

jest.setTimeout(900_000);

let host: LibvirtHost;
beforeAll(async () => {
    host = await startLibvirtHost();
});
afterEach(() => host.removeGuests());
afterAll(() => host.close());

const FORWARD = { interfaces: [{ attach: { user: { forward: [{ guest: 80 }] } } }] };
const guestsIn = (resources: StateResource[]) =>
    resources
        .filter(({ type }) => type === "unikernel:index:Unikernel")
        .sort((one, other) => one.urn.localeCompare(other.urn));
const SIGNATURE = "4dabf18193072939515e22adb298388d";

test("a fleet of the plugin: members of their own, outputs, a change, scaled down from the top, to none", async () => {
    await Fleets.with(host, "life", async (fleets) => {
        const { stack } = fleets;
        const args = {
            replicas: 3,
            template: {
                ...FORWARD,
                hostname: "${name}",
                args: ["--id", "${index}", "$${index}"],
                env: { GREETING: "hello from ${name}", PASSWORD: { secret: "hunter2-${index}" } },
            },
            members: { "2": { memory: 20, env: { GREETING: "the last" } } },
            ports: { from: 18080 },
            maxUnavailable: 2,
        };
        await fleets.declare("plugin", args);
        expect((await stack.up()).changes).toEqual({ create: 8 });
        const before = await fleets.members();
        expect(before).toEqual(
            [0, 1, 2].map((index) => ({
                name: `web-${index}`,
                uuid: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
                host: host.uri,
                addresses: ["127.0.0.1"],
                endpoints: [{ address: "127.0.0.1", port: 18080 + index, guest: 80, protocol: "tcp" }],
            })),
        );
        const { resources, text } = await stack.exportState();
        expect(
            resources
                .map(({ urn }) => urn.split("::").slice(2).join("::"))
                .filter((urn) => urn.startsWith("unikernel:"))
                .sort(),
        ).toEqual([
            "unikernel:index:UnikernelFleet$unikernel:index:NetworkInterface::web-0",
            "unikernel:index:UnikernelFleet$unikernel:index:NetworkInterface::web-1",
            "unikernel:index:UnikernelFleet$unikernel:index:NetworkInterface::web-2",
            "unikernel:index:UnikernelFleet$unikernel:index:Unikernel::web-0",
            "unikernel:index:UnikernelFleet$unikernel:index:Unikernel::web-1",
            "unikernel:index:UnikernelFleet$unikernel:index:Unikernel::web-2",
            "unikernel:index:UnikernelFleet::web",
        ]);
        expect(text).not.toContain("hunter2");
        const guests = guestsIn(resources);
        expect(guests.map(({ inputs }) => [inputs?.hostname, inputs?.memory, inputs?.args])).toEqual([
            ["web-0", 16, ["--id", "0", "${index}"]],
            ["web-1", 16, ["--id", "1", "${index}"]],
            ["web-2", 20, ["--id", "2", "${index}"]],
        ]);
        // One secret variable does not make the others secret.
        for (const [index, { inputs }] of guests.entries())
            expect(inputs?.env).toEqual({
                GREETING: index === 2 ? "the last" : `hello from web-${index}`,
                PASSWORD: expect.objectContaining({ [SIGNATURE]: expect.any(String) }),
            });

        const changed = { ...args, template: { ...args.template, memory: 24 } };
        await fleets.declare("plugin", changed);
        const updated = await stack.up();
        expect(opsOf(updated)).toMatchObject({
            "UnikernelFleet web": "same",
            "Unikernel web-0": "update",
            "Unikernel web-1": "update",
            "Unikernel web-2": "same",
        });
        expect(updated.changes).toEqual({ same: 6, update: 2 });
        expect(await fleets.members()).toEqual(before);

        await fleets.declare("plugin", { ...changed, replicas: 1, members: {} });
        const smaller = await stack.up();
        expect(
            smaller.steps
                .filter(({ op }) => op === "delete")
                .map(({ urn }) => logicalName(urn))
                .sort(),
        ).toEqual(["web-1", "web-1", "web-2", "web-2"]);
        expect(await fleets.members()).toEqual(before.slice(0, 1));
        await fleets.declare("plugin", { ...changed, replicas: 0, members: {} });
        await stack.up();
        expect(await fleets.members()).toEqual([]);
        expect(await host.virsh("list", "--all", "--name")).toBe("");
    });
});

test("a preview takes values that it does not know, and they replace nothing; a member that does not come up stops the rest", async () => {
    await Fleets.with(host, "unknown", async (fleets) => {
        const { stack } = fleets;
        const declare = (text: object | string, more: object = {}) =>
            fleets.declare("plugin", {
                replicas: 2,
                template: { ...FORWARD, env: { TEXT: text }, ...more },
                ports: { from: 18080 },
            });
        await declare({ later: "first ${name}" });
        expect((await stack.preview()).changes).toEqual({ create: 7 });
        await stack.up();
        const texts = async () => guestsIn((await stack.exportState()).resources).map(({ inputs }) => inputs?.env);
        expect(await texts()).toEqual([{ TEXT: "first web-0" }, { TEXT: "first web-1" }]);
        await declare({ later: "second ${name}" });
        expect(opsOf(await stack.preview())).toMatchObject({
            "Unikernel web-0": "update",
            "Unikernel web-1": "update",
        });

        const before = await fleets.processes();
        await declare("third", { readiness: { console: "never said", timeout: 3 } });
        const failed = await stack.up({ fails: true });
        expect(failed.text).toMatch(/web-0.*not ready after 3 s: waited for .never said. on the console/);
        expect((await fleets.processes())["web-1"]).toBe(before["web-1"]);
    });
});

test("a fleet moves from a function to a template to the plugin, and no guest notices", async () => {
    await Fleets.with(host, "moving", async (fleets) => {
        const { stack } = fleets;
        const args = {
            replicas: 2,
            template: { ...FORWARD, env: { GREETING: "hello", PASSWORD: { secret: "hunter2" } } },
        };
        await fleets.declare("function", args);
        await stack.up();
        const before = { processes: await fleets.processes(), macs: await fleets.macs() };
        expect(Object.keys(before.processes)).toEqual(["web-0", "web-1"]);
        const members = await fleets.members();

        await fleets.declare("template", args);
        expect((await stack.up()).changes).toEqual({ same: 6 });
        expect(await fleets.members()).toEqual(members);

        await fleets.declare("plugin", args);
        const moved = await stack.up();
        expect(opsOf(moved)).toEqual({
            "UnikernelFleet web": "same",
            "NetworkInterface web-0": "update",
            "NetworkInterface web-1": "update",
            "Unikernel web-0": "update",
            "Unikernel web-1": "update",
        });
        expect({ processes: await fleets.processes(), macs: await fleets.macs() }).toEqual(before);
        expect(await fleets.members()).toEqual(members);
        const { resources, text } = await stack.exportState();
        expect(resources.filter(({ type }) => /dynamic|pulumi-unikernel/.test(type))).toEqual([]);
        expect(text).not.toContain("hunter2");
        expect((await stack.up({ args: ["--refresh"] })).changes).toEqual({ same: 6 });
        expect(await fleets.processes()).toEqual(before.processes);
    });
});

test("options of a fleet reach its members: provider, transforms, aliases, protection; its hooks are its own", async () => {
    await Fleets.with(host, "options", async (fleets) => {
        const { stack } = fleets;
        const args = { replicas: 2, template: { args: ["one"] } };
        const options = { provided: "own", transformed: "by-transform", hooked: true };
        await fleets.declare("plugin", args, options);
        await stack.up();
        expect(await readFile(join(stack.folder, "noted"), "utf8")).toBe("before web\n");
        const guests = guestsIn((await stack.exportState()).resources);
        expect(guests.map(({ inputs }) => inputs?.hostname)).toEqual(["by-transform", "by-transform"]);
        for (const guest of guests) expect(Reflect.get(guest, "provider")).toMatch(/pulumi:providers:unikernel::own::/);
        const before = await fleets.processes();

        const renamed = { ...options, name: "shop", aliases: [{ name: "web" }], protect: true };
        await fleets.declare("plugin", args, renamed);
        expect((await stack.up()).steps.filter(({ op }) => /create|delete|replace/.test(op))).toEqual([]);
        expect(Object.values(await fleets.processes())).toEqual(Object.values(before));
        expect((await stack.destroy({ fails: true })).text).toMatch(/protect/);
        expect(Object.values(await fleets.processes())).toEqual(Object.values(before));
    });
});

test("mistakes are named by the preview, all at once", async () => {
    await Fleets.with(host, "wrong", async (fleets) => {
        const { stack } = fleets;
        const wrong = { replicas: 2, replica: 2, template: { hostname: "${nam}" }, members: { "3": {} } };
        await fleets.declare("plugin", wrong);
        const { text } = await stack.preview({ fails: true });
        expect(text).toMatch(/replica: unknown property/);
        expect(text).toMatch(/members\["3"\]: found no member of this index; expected 0 to 1/);
        expect(text).toMatch(
            /template\.hostname: found \$\{nam\}, which does not exist; expected \$\{index\} or \$\{name\}/,
        );
        await fleets.declare("plugin", { replicas: { later: 2 }, template: {} });
        expect((await stack.preview({ fails: true })).text).toMatch(
            /replicas: found a value that is secret, or not known/,
        );
        await fleets.declare("plugin", { replicas: 1, template: { memroy: 1 } });
        expect((await stack.preview({ fails: true })).text).toMatch(/property memroy/);
    });
});
