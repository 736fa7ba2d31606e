import { status } from "@grpc/grpc-js";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import type { Handlers } from "../../../../core";
import { UnikernelError } from "../../../../model";
import { Calls } from "../../../../provider/plugin/server/calls";
import { SIGNATURE } from "../../../../provider/plugin/wire/wire";
import { ask, closePlugins, initFailedOf, openPlugin, type Plugin, secret, struct, urnOf } from "./plugin";

afterAll(closePlugins);

let plugin: Plugin;
beforeAll(async () => {
    plugin = await openPlugin();
});
const eth = urnOf("NetworkInterface", "eth");
const web = urnOf("Unikernel", "web");
const fleet = (inputs: Record<string, unknown>) =>
    new proto.ConstructRequest().setType("unikernel:index:UnikernelFleet").setName("web").setInputs(struct(inputs));

test("the handshake and the configuration promise the same", async () => {
    const hands = await ask<proto.ProviderHandshakeResponse>((done) =>
        plugin.client.handshake(new proto.ProviderHandshakeRequest(), done),
    );
    expect(hands.toObject()).toMatchObject({ acceptSecrets: true, acceptResources: true, acceptOutputs: true });
    expect((await plugin.configure()).toObject()).toMatchObject({
        acceptsecrets: true,
        acceptresources: true,
        acceptoutputs: true,
        supportspreview: true,
    });
    const info = await ask<{ getVersion(): string }>((done) => plugin.client.getPluginInfo(new Empty(), done));
    expect(info.getVersion()).toBe("1.2.3");
    const schema = await ask<proto.GetSchemaResponse>((done) =>
        plugin.client.getSchema(new proto.GetSchemaRequest(), done),
    );
    expect(JSON.parse(schema.getSchema())).toMatchObject({ name: "unikernel", version: "1.2.3" });
});

test("a configuration is checked, and another one replaces nothing", async () => {
    const provider = (name: string) => `urn:pulumi:dev::shop::pulumi:providers:unikernel::${name}`;
    const wrong = new proto.CheckRequest().setUrn(provider("default_1_2_3")).setNews(
        struct({
            connection: "far away",
            accelerator: "fast",
            allowQemuArgs: "yes",
            folder: "guests",
            memoryLimit: "much",
            other: "x",
            version: "1.2.3",
        }),
    );
    const failing = async () =>
        (await ask<proto.CheckResponse>((done) => plugin.client.checkConfig(wrong, done)))
            .toObject()
            .failuresList.map(({ property }) => property)
            .sort();
    expect(await failing()).toEqual(["accelerator", "allowQemuArgs", "connection", "folder", "memoryLimit"]);
    // What is not ours may be a project's own setting; among the arguments of a provider it is a mistake.
    wrong.setUrn(provider("hostB"));
    expect(await failing()).toEqual(["accelerator", "allowQemuArgs", "connection", "folder", "memoryLimit", "other"]);
    const moved = new proto.DiffRequest()
        .setOlds(struct({ connection: "qemu:///system" }))
        .setNews(struct({ connection: "qemu:///session", version: "1" }));
    const diff = await ask<proto.DiffResponse>((done) => plugin.client.diffConfig(moved, done));
    expect(diff.toObject()).toMatchObject({
        changes: proto.DiffResponse.DiffChanges.DIFF_SOME,
        replacesList: [],
        diffsList: ["connection"],
    });
});

test.each<[string, (plugin: Plugin) => Promise<unknown>, number, RegExp]>([
    [
        "a function that there is not",
        ({ client }) => ask((done) => client.invoke(new proto.InvokeRequest().setTok("unikernel:index:getMoon"), done)),
        status.INVALID_ARGUMENT,
        /no function "unikernel:index:getMoon"/,
    ],
    [
        "parameters",
        ({ client }) => ask((done) => client.parameterize(new proto.ParameterizeRequest(), done)),
        status.UNIMPLEMENTED,
        /takes no parameters/,
    ],
    [
        "a component",
        ({ client }) =>
            ask((done) => client.construct(new proto.ConstructRequest().setType("unikernel:index:Moon"), done)),
        status.UNIMPLEMENTED,
        /no component "unikernel:index:Moon"/,
    ],
    [
        "a fleet of ten thousand",
        ({ client }) =>
            ask((done) =>
                client.construct(fleet({ replicas: 10_000, template: { hostname: secret("${hunter2}") } }), done),
            ),
        status.INVALID_ARGUMENT,
        /replicas: found 10000; expected a whole number from 0 to 1000/,
    ],
    [
        "a fleet with a placeholder that does not exist within a secret, which is not repeated",
        ({ client }) =>
            ask((done) => client.construct(fleet({ replicas: 1, template: { hostname: secret("${hunter2}") } }), done)),
        status.INVALID_ARGUMENT,
        /^(?!.*hunter2)[^]*template\.hostname: found a placeholder that does not exist/,
    ],
    [
        "a method",
        ({ client }) => ask((done) => client.call(new proto.CallRequest(), done)),
        status.UNIMPLEMENTED,
        /no methods/,
    ],
    [
        "a schema of the future",
        ({ client }) => ask((done) => client.getSchema(new proto.GetSchemaRequest().setVersion(7), done)),
        status.UNIMPLEMENTED,
        /format 7/,
    ],
    [
        "a resource that there is not",
        (its) => its.check(urnOf("Moon", "x"), {}),
        status.INVALID_ARGUMENT,
        /no resource "unikernel:index:Moon".*\n.*index:BlockImage/,
    ],
    ["a URN that is none", (its) => its.check("web", {}), status.INVALID_ARGUMENT, /URN "web"/],
    [
        "a message that is none",
        (its) => its.check(eth, { mac: { [SIGNATURE]: "0123" } }),
        status.INVALID_ARGUMENT,
        /^mac: not a message of Pulumi's/,
    ],
    [
        "state of a newer release",
        (its) => its.diff(eth, { schemaVersion: 99 }, {}),
        status.UNKNOWN,
        /schema version 99.*\n.*npm install/,
    ],
    ["an import of a declaration", (its) => its.read(eth, "x"), status.UNKNOWN, /NetworkInterface is a declaration/],
    [
        "an import from Xen",
        (its) => its.read(web, "xen:///system#web"),
        status.UNKNOWN,
        /platform xen\) cannot be imported\n.*declare the guest/,
    ],
    [
        "an import from nowhere",
        (its) => its.read(web, "test:///default#web"),
        status.UNKNOWN,
        /test:\/\/\/default leads to no host/,
    ],
])("%s is refused clearly", async (_, call, code, message) => {
    const error = await call(plugin).then(
        () => new Error("no error"),
        (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code, details: expect.stringMatching(message) as string });
});

test.each<[string, Buffer]>([
    ["random bytes", Buffer.from("ffd8ffe000104a464946000101", "hex")],
    [
        "a message that was cut off",
        Buffer.from(
            new proto.CheckRequest()
                .setUrn(eth)
                .setNews(struct({ mac: "x".repeat(99) }))
                .serializeBinary(),
        ).subarray(0, 80),
    ],
    ["nesting without end", nested(5000)],
    ["nothing", Buffer.alloc(0)],
])("%s ends a call, not the plugin", async (_, bytes) => {
    const call = ask((done) =>
        plugin.client.makeUnaryRequest(
            "/pulumirpc.ResourceProvider/Check",
            (raw: Buffer) => raw,
            (raw) => raw,
            bytes,
            done as never,
        ),
    );
    await expect(call).rejects.toMatchObject({ code: expect.any(Number) as number });
    expect((await plugin.check(eth, {})).failures).toEqual([]);
});

function nested(levels: number): Buffer {
    const wrap = (tag: number, inner: Buffer): Buffer => {
        const size: number[] = [];
        for (let rest = inner.length; ; rest >>>= 7) {
            if (rest < 128) {
                size.push(rest);
                break;
            }
            size.push((rest & 127) | 128);
        }
        return Buffer.concat([Buffer.from([tag, ...size]), inner]);
    };
    let value: Buffer = Buffer.from([0x20, 0x01]); // Value.bool_value
    // Value.list_value of ListValue.values
    for (let level = 0; level < levels; level++) value = wrap(0x32, wrap(0x0a, value));
    const entry = Buffer.concat([wrap(0x0a, Buffer.from("a")), wrap(0x12, value)]);
    return Buffer.concat([wrap(0x0a, Buffer.from(eth)), wrap(0x1a, wrap(0x0a, entry))]);
}

test("more than a message may hold is refused", async () => {
    const bytes = Buffer.alloc(65 * 1024 * 1024);
    const call = ask((done) =>
        plugin.client.makeUnaryRequest(
            "/pulumirpc.ResourceProvider/Check",
            (raw: Buffer) => raw,
            (raw) => raw,
            bytes,
            done as never,
        ),
    );
    await expect(call).rejects.toMatchObject({ code: status.RESOURCE_EXHAUSTED });
});

/** A handler that waits until it is told to end, and then says what it is made to say. */
function waiting(answer: (signal: AbortSignal) => unknown): {
    handlers(kind: string, call?: { signal?: AbortSignal }): Handlers;
    started: Promise<void>;
} {
    let start: () => void;
    const started = new Promise<void>((resolve) => {
        start = resolve;
    });
    return {
        started,
        handlers: (_, { signal } = {}) =>
            ({
                create: () =>
                    new Promise((_resolve, reject) => {
                        start();
                        signal!.addEventListener("abort", () => {
                            const error = answer(signal!);
                            if (error) reject(error as Error);
                        });
                    }),
            }) as Partial<Handlers> as Handlers,
    };
}

const partial = () =>
    Object.assign(new Error("aborted"), {
        id: "id-1",
        properties: { urn: web, env: { P: "x" } },
        reasons: ["The operation was aborted", "it runs"],
    });

test("a create that takes too long keeps what is there", async () => {
    const { handlers } = waiting(partial);
    const slow = await openPlugin({ handlers });
    const error: unknown = await slow
        .create(web, { env: { P: secret("x") } }, { timeout: 0.2 })
        .catch((thrown: unknown) => thrown);
    expect(initFailedOf(error)).toEqual({
        id: "id-1",
        reasons: ["not done after 0.2 s, as customTimeouts say", "it runs"],
        properties: { urn: web, env: { P: secret("x") } },
        inputs: { env: { P: secret("x") } },
    });
});

test.each<[string, (signal: AbortSignal) => unknown, RegExp]>([
    [
        "a handler that hears it",
        () => new UnikernelError("unreachable", "the host was closed"),
        /cancelled: the host was closed/,
    ],
    ["a handler that does not", () => undefined, /^cancelled$/],
])("a cancel ends %s, closes the hosts, and refuses what comes", async (_, answer, message) => {
    const { handlers, started } = waiting(answer);
    let closed = 0;
    const cancelled = await openPlugin({
        handlers,
        calls: new Calls(100, async () => {
            closed++;
        }),
    });
    const running = cancelled.create(web, {}).catch((thrown: unknown) => thrown);
    await started;
    await ask((done) => cancelled.client.cancel(new Empty(), done));
    expect(await running).toMatchObject({ details: expect.stringMatching(message) as string });
    expect(closed).toBe(1);
    await expect(cancelled.create(web, {})).rejects.toMatchObject({ details: "cancelled" });
});
