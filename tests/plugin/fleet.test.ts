import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { logicalName } from "../../model";
import type { StateResource } from "../support/engine";
import type { LibvirtHost } from "../support/libvirtHost";
import { startLibvirtHost } from "../support/libvirtHost";
import { Fleets, opsOf } from "./fleets";

jest.setTimeout(480_000);

let host: LibvirtHost;
beforeAll(async () => {
    host = await startLibvirtHost();
});
afterEach(async () => expect(await host.virsh("list", "--all", "--name")).toBe(""));
afterAll(() => host.close());

const FORWARD = { interfaces: [{ attach: { user: { forward: [{ guest: 80 }] } } }] };
const guestsIn = (resources: StateResource[]) =>
    resources
        .filter(({ type }) => type === "unikernel:index:Unikernel")
        .sort((one, other) => one.urn.localeCompare(other.urn));
const SIGNATURE = "4dabf18193072939515e22adb298388d";

test("a fleet of the plugin: members of their own, outputs, a change, scaled down from the top, nothing left", async () => {
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
        expect((await stack.preview()).changes).toEqual({ create: 8 });
        const up = await stack.up();
        expect(up.changes).toEqual({ create: 8 });
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
        expect((await stack.up({ args: ["--refresh"] })).changes).toEqual({ same: 8 });

        const changed = { ...args, template: { ...args.template, memory: 24 } };
        await fleets.declare("plugin", changed);
        const preview = await stack.preview();
        expect(opsOf(preview)).toMatchObject({
            "UnikernelFleet web": "same",
            "Unikernel web-0": "update",
            "Unikernel web-1": "update",
            "Unikernel web-2": "same",
        });
        expect((await stack.up()).changes).toEqual({ same: 6, update: 2 });
        expect(await fleets.members()).toEqual(before);

        await fleets.declare("plugin", { ...changed, replicas: 1, members: {} });
        const smaller = await stack.preview();
        expect(
            smaller.steps
                .filter(({ op }) => op === "delete")
                .map(({ urn }) => logicalName(urn))
                .sort(),
        ).toEqual(["web-1", "web-1", "web-2", "web-2"]);
        await stack.up();
        expect(await fleets.members()).toEqual(before.slice(0, 1));
        await fleets.declare("plugin", { ...changed, replicas: 0, members: {} });
        await stack.up();
        expect(await fleets.members()).toEqual([]);
    });
});

test("a preview takes values that it does not know, and they replace nothing", async () => {
    await Fleets.with(host, "unknown", async (fleets) => {
        const { stack } = fleets;
        const declare = (text: string) =>
            fleets.declare("plugin", {
                replicas: 2,
                template: { ...FORWARD, env: { TEXT: { later: text } } },
                ports: { from: 18080 },
            });
        await declare("first ${name}");
        expect((await stack.preview()).changes).toEqual({ create: 7 });
        await stack.up();
        const texts = async () => guestsIn((await stack.exportState()).resources).map(({ inputs }) => inputs?.env);
        expect(await texts()).toEqual([{ TEXT: "first web-0" }, { TEXT: "first web-1" }]);
        await declare("second ${name}");
        expect(opsOf(await stack.preview())).toMatchObject({
            "Unikernel web-0": "update",
            "Unikernel web-1": "update",
        });
        await stack.up();
        expect(await texts()).toEqual([{ TEXT: "second web-0" }, { TEXT: "second web-1" }]);
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

        await fleets.declare("plugin", args, { ...options, name: "shop", aliases: [{ name: "web" }] });
        expect((await stack.up()).steps.filter(({ op }) => /create|delete|replace/.test(op))).toEqual([]);
        expect(Object.values(await fleets.processes())).toEqual(Object.values(before));

        await fleets.declare("plugin", args, { ...options, name: "shop", protect: true });
        await stack.up();
        expect((await stack.destroy({ fails: true })).text).toMatch(/protect/);
        expect(Object.values(await fleets.processes())).toEqual(Object.values(before));
        await fleets.declare("plugin", args, { ...options, name: "shop" });
        await stack.up();
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

test("a member that does not come up stops the roll-out, and the rest keeps what it has", async () => {
    await Fleets.with(host, "stopped", async (fleets) => {
        const { stack } = fleets;
        const args = { replicas: 3, template: { args: ["one"] } };
        await fleets.declare("plugin", args);
        await stack.up();
        const before = await fleets.processes();
        const never = { console: "never said", timeout: 3 };
        await fleets.declare("plugin", { replicas: 3, template: { args: ["two"], readiness: never } });
        const failed = await stack.up({ fails: true });
        expect(failed.text).toMatch(/web-0.*not ready after 3 s: waited for .never said. on the console/);
        const after = await fleets.processes();
        expect([after["web-1"], after["web-2"]]).toEqual([before["web-1"], before["web-2"]]);
        await fleets.declare("plugin", args);
        await stack.up();
    });
});
