import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { UNKNOWN } from "../../core";
import { forgetClaims } from "../../core/unikernel/check/claims";
import { Calls } from "../../provider/plugin/server/calls";
import { type Lifecycle, openLifecycle } from "../support/lifecycle";
import {
    ask,
    closePlugins,
    initFailedOf,
    openPlugin,
    type Plugin,
    secret,
    urnOf,
} from "../unit/provider/plugin/plugin";

// Real guests, on machines that do other things too.
jest.setTimeout(900_000);

let its: Lifecycle;
let plugin: Plugin;
beforeAll(async () => {
    its = await openLifecycle();
    // A check compares it with the folder in state.
    process.env.PULUMI_UNIKERNEL_DIR = its.host.env.PULUMI_UNIKERNEL_DIR;
    plugin = await openPlugin();
});
afterAll(async () => {
    closePlugins();
    await its.close();
});
beforeEach(forgetClaims);

const args = (name: string, more: object = {}) => ({
    platform: "kvm",
    connection: its.host.uri,
    kernel: its.kernel,
    guest: "rumprun",
    name,
    memory: 16,
    accelerator: "tcg",
    shutdownTimeout: 1,
    readiness: { console: "test kernel ready", timeout: 60 },
    ...more,
});
const domains = async () => (await its.host.virsh("list", "--all", "--name")).split("\n").filter(Boolean);

test("a guest comes as its preview said, changes, is read, and goes", async () => {
    const urn = urnOf("Unikernel", "web");
    const inputs = await plugin.inputs(urn, args("web", { env: { PASSWORD: secret("hunter2") } }));
    const preview = await plugin.create(urn, inputs, { preview: true });
    expect(await domains()).toEqual([]);
    const { id, outs } = await plugin.create(urn, inputs);
    expect(id).toBe(inputs.uuid);
    expect(await its.host.virsh("domuuid", "web")).toBe(id);
    // Whatever the preview knew, came true.
    const known = Object.entries(preview.outs).filter(([, value]) => value !== UNKNOWN);
    expect(outs).toMatchObject(Object.fromEntries(known));
    expect(outs).toMatchObject({
        state: "running",
        env: { PASSWORD: secret("hunter2") },
        digestKey: secret(expect.any(String)),
    });
    expect(await its.host.virsh("dumpxml", "web")).not.toContain("hunter2");

    expect(
        await plugin.diff(
            urn,
            outs,
            await plugin.inputs(urn, args("web", { env: { PASSWORD: secret("hunter2") } }), inputs),
        ),
    ).toMatchObject({ changes: false });
    expect(await plugin.read(urn, id, outs, inputs)).toMatchObject({ id, props: outs });

    const next = await plugin.inputs(urn, args("web", { args: ["two"], env: { PASSWORD: secret("hunter2") } }), inputs);
    expect(next.consequence).toBe("restart: args");
    expect(await plugin.diff(urn, outs, next)).toMatchObject({
        changes: true,
        replaces: [],
        details: { "args[0]": "ADD" },
    });
    const expected = await plugin.update(urn, id, outs, next, { preview: true });
    const updated = await plugin.update(urn, id, outs, next);
    expect(updated).toMatchObject(
        Object.fromEntries(Object.entries(expected).filter(([, value]) => value !== UNKNOWN)),
    );
    expect(await its.host.exec("cat", [String(updated.consoleLog)])).toMatchObject({
        stdout: expect.stringMatching(/argv\[1\] two/) as string,
    });

    await its.host.virsh("suspend", "web");
    const drifted = await plugin.read(urn, id, updated, next);
    expect(drifted).toMatchObject({ props: { state: "paused" }, inputs: { state: "paused" } });
    expect((await plugin.diff(urn, drifted.props, next)).details).toEqual({ state: "UPDATE" });

    // Another run of the engine, which starts the plugin anew.
    const later = await openPlugin();
    await later.delete(urn, id, updated);
    expect(await domains()).toEqual([]);
    expect(await later.read(urn, id, updated, next)).toMatchObject({ id: "" });
});

test.each<[string, object, { timeout?: number; cancel?: boolean }, RegExp]>([
    ["does not become ready", { timeout: 2 }, {}, /never|not ready|2 s/],
    ["takes longer than its customTimeouts", { timeout: 600 }, { timeout: 10 }, /not done after 10 s/],
    ["is cancelled", { timeout: 600 }, { cancel: true }, /^cancelled/],
])(
    "a guest that %s is in state, and the next run ends with one guest",
    async (name, { timeout }: { timeout?: number }, { timeout: seconds, cancel }, reason) => {
        const urn = urnOf("Unikernel", name.replaceAll(" ", "-"));
        const its1 = await openPlugin({ calls: new Calls(20_000, async () => undefined) });
        const never = args("late", { readiness: { console: "what it never says", timeout } });
        const inputs = await its1.inputs(urn, never);
        const creating = its1.create(urn, inputs, { timeout: seconds }).then(
            () => new Error("no error"),
            (thrown: unknown) => thrown,
        );
        if (cancel) {
            // Cancelled before it runs, a create leaves nothing.
            while (!(await its.host.virsh("list", "--state-running", "--name")).split("\n").includes("late"))
                await new Promise((resolve) => {
                    setTimeout(resolve, 200);
                });
            await ask((done) => its1.client.cancel(new Empty(), done));
        }
        const failed = initFailedOf(await creating);
        expect(failed).toMatchObject({
            id: inputs.uuid,
            inputs: { uuid: inputs.uuid, name: "late" },
            properties: { uuid: inputs.uuid, name: "late" },
        });
        expect(failed.reasons.join("\n")).toMatch(reason);

        const patient = await plugin.inputs(urn, args("late"), inputs);
        const outs = await plugin.update(urn, failed.id, failed.properties, patient);
        expect(outs).toMatchObject({ state: "running" });
        expect(await domains()).toEqual(["late"]);
        await (await openPlugin()).delete(urn, failed.id, outs);
        expect(await domains()).toEqual([]);
    },
);
