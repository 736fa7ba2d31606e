import { readdir } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { ServiceError } from "@grpc/grpc-js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { unikernelHandlers } from "../../core/unikernel";
import { forgetClaims } from "../../core/unikernel/check/claims";
import { Calls } from "../../provider/plugin/server/calls";
import { watch } from "../support/faults";
import { type Lifecycle, openLifecycle } from "../support/lifecycle";
import { alice } from "../support/plans";
import { ask, closePlugins, initFailedOf, openPlugin, type Plugin, urnOf } from "../unit/provider/plugin/plugin";
import { Either } from "./either";

// Real guests, on machines that do other things too.
jest.setTimeout(900_000);

/** A place in the work: the call to the host that is under way when the cancel comes. `nth` counts from 1. */
interface Place {
    call: string;
    nth?: number;
}

/** Holds the work at a place; the call has done what it does. */
class Stop {
    private seen = 0;
    private arrive = () => undefined as void;
    private goOn = () => undefined as void;
    readonly reached = new Promise<void>((resolve) => {
        this.arrive = resolve;
    });
    private readonly released = new Promise<void>((resolve) => {
        this.goOn = resolve;
    });

    constructor(private readonly place: Place) {}

    async at(name: string): Promise<void> {
        if (name !== this.place.call || ++this.seen !== (this.place.nth ?? 1)) return;
        this.arrive();
        await this.released;
    }

    release(): void {
        this.goOn();
    }
}

let stop: Stop | undefined;
let its: Lifecycle;
let plugin: Plugin;
const open = () =>
    openPlugin({
        handlers: (_kind, call) => unikernelHandlers({ backend: () => its.backend, creator: alice, ...call! }),
        calls: new Calls(undefined, async () => undefined),
    });
beforeAll(async () => {
    its = await openLifecycle({
        wrap: (host) =>
            watch(host, async (name, call) => {
                const result = await call();
                await stop?.at(name);
                return result;
            }),
    });
    plugin = await open();
});
afterAll(async () => {
    closePlugins();
    await its.close();
});
beforeEach(() => {
    forgetClaims();
    stop = undefined;
});

const urn = urnOf("Unikernel", "web");
const args = (more: object = {}) => ({
    platform: "kvm",
    connection: its.host.uri,
    kernel: its.kernel,
    guest: "rumprun",
    name: "web",
    memory: 16,
    accelerator: "tcg",
    shutdownTimeout: 1,
    readiness: { console: "test kernel ready", timeout: 60 },
    ...more,
});
const domains = async () => (await its.host.virsh("list", "--all", "--name")).split("\n").filter(Boolean);
const running = async () => (await its.host.virsh("list", "--name")).split("\n").filter(Boolean);
/** The guests that have a folder; the store of their content is gone with the last of them. */
const files = async () => {
    const names = await readdir(its.host.env.PULUMI_UNIKERNEL_DIR);
    return names.length === 1 ? names : names.filter((name) => name !== "shared");
};

/** What the engine has of a resource. */
interface State {
    id: string;
    outs: Record<string, unknown>;
    inputs: Record<string, unknown>;
    unfinished?: boolean;
}

/** Cancels a run at a place. @returns what the engine knows then, and what was said */
async function cancelled(
    place: Place,
    act: (held: Plugin) => Promise<unknown>,
    before?: State,
): Promise<{ state: State | undefined; said: string }> {
    const held = await open();
    stop = new Stop(place);
    const acting = act(held).then(
        () => undefined,
        (thrown: ServiceError) => thrown,
    );
    await Promise.race([
        stop.reached,
        acting.then((thrown) => {
            throw new Error(`${place.call} was not reached: ${thrown?.message}`);
        }),
    ]);
    const cancelling = ask((done) => held.client.cancel(new Empty(), done));
    await sleep(100);
    stop.release();
    const error = await acting;
    await cancelling;
    stop = undefined;
    if (!error) return { state: undefined, said: "it went through" };
    if (error.metadata.get("grpc-status-details-bin").length === 0) return { state: before, said: error.details };
    const { id, properties, inputs, reasons } = initFailedOf(error);
    return { state: { id, outs: properties, inputs, unfinished: true }, said: reasons.join("\n") };
}

/** The next run, with a plugin of its own. It does what the engine would do. */
async function up(state: State | undefined, wanted: object): Promise<State> {
    plugin = await open();
    const inputs = await plugin.inputs(urn, args(wanted), state?.inputs);
    if (!state) return { ...(await plugin.create(urn, inputs)), inputs };
    const { changes } = await plugin.diff(urn, state.outs, inputs, state.inputs);
    if (!changes && !state.unfinished) return state;
    return { id: state.id, outs: await plugin.update(urn, state.id, state.outs, inputs), inputs };
}

async function expectOneAndThenNone(state: State): Promise<void> {
    expect(await running()).toEqual(["web"]);
    expect(await files()).toEqual([state.id]);
    expect(state.outs).toMatchObject({ state: "running" });
    // What state says is what is there.
    expect(await plugin.read(urn, state.id, state.outs, state.inputs)).toMatchObject({
        id: state.id,
        props: state.outs,
    });
    await (await open()).delete(urn, state.id, state.outs);
    expect(await domains()).toEqual([]);
    expect(await files()).toEqual([]);
}

test.each<[string, Place, "nothing" | "partial"]>([
    ["copied a file", { call: "files.put" }, "nothing"],
    ["defined", { call: "domains.define" }, "nothing"],
    ["started", { call: "domains.start" }, "partial"],
])(
    "a create that was cancelled when it had %s leaves what state says, and the next run ends with one guest",
    async (_title, place, left) => {
        const inputs = await plugin.inputs(urn, args());
        const { state, said } = await cancelled(place, (held) => held.create(urn, inputs));
        expect(said).toMatch(/^cancelled/);
        expect(state ? "partial" : "nothing").toBe(left);
        if (!state) expect([await domains(), await files()]).toEqual([[], []]);
        await expectOneAndThenNone(await up(state, {}));
    },
);

test.each<[string, Place, object]>([
    ["defined the next", { call: "domains.define" }, {}],
    ["ended the guest", { call: "domains.destroy" }, {}],
    ["started the next", { call: "domains.start" }, {}],
    ["started the last good one again", { call: "domains.start", nth: 2 }, { env: { TEST: "panic" } }],
])(
    "an update that was cancelled when it had %s goes back, and the next run ends with one guest",
    async (_title, place, next) => {
        const before = await up(undefined, {});
        const inputs = await plugin.inputs(urn, args({ args: ["two"], ...next }), before.inputs);
        const { state, said } = await cancelled(
            place,
            (held) => held.update(urn, before.id, before.outs, inputs),
            before,
        );
        expect(said).toMatch(/^cancelled/);
        // What ran before runs again, or state says that it is not finished.
        expect(await running()).toEqual(["web"]);
        if (!state!.unfinished)
            expect(await plugin.read(urn, before.id, before.outs, before.inputs)).toMatchObject({ props: before.outs });
        await expectOneAndThenNone(await up(state, { args: ["three"] }));
    },
);

test.each<[string, Place]>([
    ["asked it to shut down", { call: "domains.shutdown" }],
    ["ended it", { call: "domains.destroy" }],
])(
    "a delete that was cancelled when it had %s keeps it in state: the next run brings it back, or ends it",
    async (_title, place) => {
        const wanted = { guest: "raw", args: ["ACPI=on"], shutdownTimeout: 20 };
        for (const back of place.call === "domains.shutdown" ? [true, false] : [true]) {
            const before = await up(undefined, place.call === "domains.shutdown" ? wanted : {});
            const { state, said } = await cancelled(place, (held) => held.delete(urn, before.id, before.outs), before);
            expect(said).toMatch(/^cancelled/);
            expect(state).toBe(before);
            if (back) await expectOneAndThenNone(await up(state, place.call === "domains.shutdown" ? wanted : {}));
            else await (await open()).delete(urn, before.id, before.outs);
            expect([await domains(), await files()]).toEqual([[], []]);
        }
    },
);

test("a delete that had nothing left to ask for comes to its end", async () => {
    const before = await up(undefined, {});
    expect(
        await cancelled({ call: "domains.undefine" }, (held) => held.delete(urn, before.id, before.outs), before),
    ).toEqual({ state: undefined, said: "it went through" });
    expect([await domains(), await files()]).toEqual([[], []]);
});

test("under the engine, Ctrl-C at a create, an update and a destroy: each next run puts it right", async () => {
    await Either.with(its.host, "cancel", async (either) => {
        const never = { readiness: { console: "what it never says", timeout: 600 } };
        const declare = (more: object) =>
            either.declare("plugin", { web: { name: "web", guest: "raw", args: ["ACPI=on"], ...more } });
        const id = async () => (await its.host.virsh("list", "--id")).trim();
        /** Ctrl-C, once the host shows that the work has come so far. */
        const interrupted = async (command: "up" | "destroy", far: () => Promise<boolean>): Promise<string> => {
            const run = await either.stack.start(command);
            let ended = false;
            void run.ended.then(() => {
                ended = true;
            });
            while (!ended && !(await far())) await sleep(100);
            run.kill("SIGINT");
            const { failed, text } = await run.ended;
            expect({ failed, text }).toEqual({ failed: true, text: expect.stringMatching(/cancel/) as string });
            return text;
        };

        await declare(never);
        await interrupted("up", async () => (await running()).length === 1);
        expect(await either.identities()).toMatchObject({ web: { name: "web" } });
        await declare({});
        await either.stack.up();
        expect(await running()).toEqual(["web"]);

        const before = await id();
        await declare({ args: ["ACPI=on", "two"], ...never });
        await interrupted("up", async () => ![before, "", "-"].includes(await id()));
        expect(await running()).toEqual(["web"]);
        await declare({ args: ["three"], shutdownTimeout: 120 });
        await either.stack.up();

        // QEMU itself says that the guest was asked, which does not listen.
        let asked = false;
        const seen = its.host
            .virsh("qemu-monitor-event", "web", "--event", "POWERDOWN", "--timeout", "110")
            .then(() => {
                asked = true;
            });
        await interrupted("destroy", async () => asked);
        await seen;
        expect(await running()).toEqual(["web"]);
        await declare({ args: ["three"], shutdownTimeout: 1 });
        await either.stack.up();
        expect([await running(), (await files()).length]).toEqual([["web"], 1]);
        await either.stack.destroy();
        expect([await domains(), await files()]).toEqual([[], []]);
    });
}, 900_000);
