import * as pulumi from "@pulumi/pulumi";
import type { UnikernelArgs } from "../../../index";
import { BlockImage, NetworkInterface, Unikernel, UnikernelFleet } from "../../../index";

interface Registered {
    type: string;
    inputs: Record<string, unknown>;
}

// The engine's side of the wire: what it is asked to register, and outputs equal to the inputs.
const registered = new Map<string, Registered>();
beforeAll(() =>
    pulumi.runtime.setMocks(
        {
            newResource({ type, name, inputs }) {
                registered.set(name, { type, inputs });
                return { id: name, state: { mac: "52:54:00:00:00:01", digest: "d1", format: "iso9660", ...inputs } };
            },
            call: () => ({}),
        },
        "shop",
        "dev",
        false,
    ),
);

const args = (more: object = {}): UnikernelArgs => ({ platform: "kvm", kernel: "bin/nginx", ...more });
const attach = { user: { forward: [{ host: 8080, guest: 80 }] } };

async function wire(resource: pulumi.Resource, name: string): Promise<Record<string, unknown>> {
    await new Promise((resolve) => resource.urn.apply(resolve));
    return registered.get(name)!.inputs;
}

test("a unikernel sends its arguments as plain data, and who it is", async () => {
    const data = new BlockImage("data", { source: "./data" });
    const eth = new NetworkInterface("eth", { attach, driver: "vioif" });
    const web = new Unikernel("web", args({ blocks: [{ image: data, mount: "/data" }], interfaces: [eth] }));
    const inputs = await wire(web, "web");
    expect(inputs).toEqual({
        platform: "kvm",
        kernel: "bin/nginx",
        blocks: [{ name: "data", digest: "d1", format: "iso9660", mount: "/data" }],
        interfaces: [{ mac: "52:54:00:00:00:01", attach, driver: "vioif" }],
        resourceUrn: "urn:pulumi:dev::shop::pulumi-nodejs:dynamic/unikernel:Unikernel::web",
        __provider: 'exports.handler = () => require("pulumi-unikernel/dist/provider/dynamic").unikernel',
    });
    expect(registered.get("web")!.type).toBe("pulumi-nodejs:dynamic/unikernel:Unikernel");
});

test("a disk is sent with its name and its image's, which an alias may say was another", async () => {
    const group = new pulumi.ComponentResource("test:group:Group", "shop", {}, { aliases: [{ name: "store" }] });
    const own = new BlockImage("renamed", { source: "./data" }, { aliases: [{ name: "data" }] });
    const inherited = new BlockImage("shop-db", { source: "./data" }, { parent: group });
    const blocks = [
        { image: own, name: "db", access: "persist" as const },
        { image: own, access: "persist" as const },
        { image: inherited },
    ];
    const inputs = await wire(new Unikernel("aliased", args({ blocks })), "aliased");
    expect(inputs.blocks).toMatchObject([
        { name: "db", image: "renamed" },
        { name: "renamed", formerly: ["data"] },
        { name: "shop-db", formerly: ["store-db"] },
    ]);
});

test.each<[string, Partial<UnikernelArgs>, string[]]>([
    ["plain values", { env: { A: "1" }, args: ["a"] }, []],
    ["outputs that are not secret", { env: { A: pulumi.output("1") } }, []],
    [
        "one secret of many",
        { env: { A: "1", B: pulumi.secret("2") }, args: ["a", pulumi.secret("b")] },
        ["env.B", "args[1]"],
    ],
    ["a secret env", { env: pulumi.secret({ A: "1", B: "2" }) }, ["env.A", "env.B"]],
    ["a promise of an env with a secret in it", { env: Promise.resolve({ A: pulumi.secret("1") }) }, ["env.A"]],
    ["secret args", { args: pulumi.secret(["a", "b"]) }, ["args[0]", "args[1]"]],
    ["a secret made of two", { env: { A: pulumi.interpolate`x ${pulumi.secret("1")}` } }, ["env.A"]],
])("paths of secrets: %s", async (title, more, secrets) => {
    const inputs = await wire(new Unikernel(title, args(more)), title);
    expect(inputs.secrets ?? []).toEqual(secrets);
    expect("digestKey" in inputs).toBe(secrets.length > 0);
});

test.each<[string, ConstructorParameters<typeof BlockImage>[1]["source"], string[]]>([
    ["a plain map", { a: "text" }, []],
    ["a map with a secret text", { a: "text", "dir/b": pulumi.secret("text") }, ["source.dir/b"]],
    ["a secret path", pulumi.secret("./data"), ["source"]],
])("paths of secrets in an image: %s", async (title, source, secrets) => {
    const inputs = await wire(new BlockImage(title, { source }), title);
    expect(inputs.secrets ?? []).toEqual(secrets);
});

test("a block says that its image holds a secret, and its guest has a place for a key", async () => {
    const pages = new BlockImage("pages", { source: { "index.html": "page" } });
    const keys = new BlockImage("keys", { source: { "key.pem": pulumi.secret("key"), "index.html": "page" } });
    const whole = new BlockImage("whole", { source: pulumi.secret("./keys") });
    const later = new BlockImage("later", {
        source: {
            "key.pem": pulumi.secret(
                new Promise<string>((resolve) => {
                    setTimeout(resolve, 50, "key");
                }),
            ),
        },
    });
    const secretOf = async (image: BlockImage) => {
        const inputs = await wire(
            new Unikernel(`of-${image.logicalName}`, args({ blocks: [{ image: pages }, { image, name: "second" }] })),
            `of-${image.logicalName}`,
        );
        return [
            ...(inputs.blocks as { secret?: boolean }[]).map(({ secret }) => secret),
            "digestKey" in inputs,
            inputs.secrets,
        ];
    };
    expect(await Promise.all([pages, keys, whole, later].map(secretOf))).toEqual([
        [undefined, undefined, false, undefined],
        ...Array.from({ length: 3 }, () => [undefined, true, true, undefined]),
    ]);
});

test("files that ignoreChanges names are said to come from state", async () => {
    const keptBy = async (ignoreChanges: string[]) => {
        const name = `ignoring ${ignoreChanges.join()}`;
        return (await wire(new Unikernel(name, args(), { ignoreChanges }), name)).kept;
    };
    expect(await keptBy(["kernel", "env", "blocks[0].path"])).toEqual(["kernel", "blocks"]);
    expect(await keptBy(["env"])).toBeUndefined();
    const image = new BlockImage("ignoring", { source: "./data" }, { ignoreChanges: ["source"] });
    expect(await wire(image, "ignoring")).toMatchObject({ kept: ["source"] });
});

test("qemuArgs carry the stack's consent", async () => {
    pulumi.runtime.setConfig("unikernel:allowQemuArgs", "true");
    expect(await wire(new Unikernel("debug", args({ qemuArgs: ["-d", "int"] })), "debug")).toMatchObject({
        allowQemuArgs: true,
    });
    expect(await wire(new Unikernel("quiet", args()), "quiet")).not.toHaveProperty("allowQemuArgs");
});

test.each<[string, () => unknown, RegExp]>([
    [
        "one interface in two unikernels",
        () => {
            const eth = new NetworkInterface("shared", { attach });
            new Unikernel("one", args({ interfaces: [eth] }));
            return new Unikernel("two", args({ interfaces: [eth] }));
        },
        /interfaces\[0\].*already in the unikernel "one"/,
    ],
    [
        "one interface twice in a unikernel",
        () => {
            const eth = new NetworkInterface("twice", { attach });
            return new Unikernel("both", args({ interfaces: [eth, eth] }));
        },
        /interfaces\[1\]/,
    ],
    [
        "arguments where an interface belongs",
        () => new Unikernel("plain", args({ interfaces: [{ attach }] })),
        /interfaces\[0\]: expected a NetworkInterface/,
    ],
    [
        "a path where an image belongs",
        () => new Unikernel("path", args({ blocks: [{ image: "data.iso" }] })),
        /blocks\[0\]\.image: expected a BlockImage/,
    ],
    [
        "a fleet of a half",
        () => new UnikernelFleet("half", { count: 0.5, instance: () => args() }),
        /count: expected a whole number/,
    ],
    [
        "a fleet of a template with several mistakes, which it names together",
        () =>
            new UnikernelFleet("wrong", {
                replicas: 1,
                template: args({ hostname: "${nam}" }),
                members: { "1": { memory: 128 } },
            }),
        /UnikernelFleet "wrong":\n {2}members\["1"\]: found no member of this index.*\n {2}template\.hostname: found \$\{nam\}/,
    ],
    [
        "a fleet that may do nothing",
        () => new UnikernelFleet("stuck", { count: 1, maxUnavailable: 0, instance: () => args() }),
        /maxUnavailable/,
    ],
])("the constructor refuses %s", (_title, construct, message) => {
    expect(construct).toThrow(message);
});

test.each<[string, ConstructorParameters<typeof BlockImage>[1]["source"], unknown]>([
    ["a path", "./data", "./data"],
    ["an output", pulumi.output("./data"), "./data"],
    ["an archive", new pulumi.asset.FileArchive("./data"), "./data"],
    ["a file", new pulumi.asset.FileAsset("disk.img"), "disk.img"],
    [
        "a map",
        {
            "a.txt": "text",
            "b.txt": pulumi.output("later"),
            "c.png": new pulumi.asset.FileAsset("c.png"),
            "d.txt": new pulumi.asset.StringAsset("text"),
        },
        { "a.txt": "text", "b.txt": "later", "c.png": { asset: "c.png" }, "d.txt": "text" },
    ],
])("an image's source goes over the wire as plain data: %s", async (title, source, expected) => {
    const inputs = await wire(new BlockImage(`image of ${title}`, { source }), `image of ${title}`);
    expect(inputs.source).toEqual(expected);
});

test("a fleet's instances and what belongs to them are its children", async () => {
    const fleet = new UnikernelFleet("fleet", {
        count: 2,
        instance: (index, { name, opts }) =>
            args({
                hostname: name,
                interfaces: [new NetworkInterface(`card-${index}`, { attach: { network: "default" } }, opts)],
            }),
    });
    expect(fleet.instances).toHaveLength(2);
    const inputs = await wire(fleet.instances[1]!, "fleet-1");
    expect(inputs).toMatchObject({
        hostname: "fleet-1",
        resourceUrn:
            "urn:pulumi:dev::shop::pulumi-unikernel:index:UnikernelFleet$pulumi-nodejs:dynamic/unikernel:Unikernel::fleet-1",
    });
});

test("a fleet by a template declares what a fleet by a function does, and keeps each secret to itself", async () => {
    const card = { attach: { user: { forward: [{ guest: 80 }] } } };
    const env = { GREETING: "hello from ${name}", PASSWORD: pulumi.secret("hunter2-${index}") };
    const fleet = new UnikernelFleet("cards", {
        replicas: 2,
        template: { ...args(), hostname: "${name}", env, interfaces: [card] },
        members: { "1": { memory: 128, env: { GREETING: "bye" } } },
        ports: { from: 8080 },
    });
    expect(fleet.instances).toHaveLength(2);
    await wire(fleet.instances[0]!, "cards-0");
    const inputs = await wire(fleet.instances[1]!, "cards-1");
    expect(inputs).toMatchObject({
        platform: "kvm",
        hostname: "cards-1",
        memory: 128,
        // The mocks, unlike the engine, make a secret of the map around one.
        env: expect.objectContaining({ value: { GREETING: "bye", PASSWORD: "hunter2-1" } }),
        secrets: ["env.PASSWORD"],
        interfaces: [{ attach: { user: { forward: [{ host: 8081, guest: 80 }] } } }],
        resourceUrn:
            "urn:pulumi:dev::shop::pulumi-unikernel:index:UnikernelFleet$pulumi-nodejs:dynamic/unikernel:Unikernel::cards-1",
    });
});

test.each<[string, object, string[]]>([
    ["a connection", { connection: pulumi.secret("qemu+tcp://u:hush@far/system") }, ["connection"]],
    [
        "a part of an argument",
        { readiness: { console: pulumi.secret("hush"), timeout: 5 }, gdb: { port: pulumi.secret(1234) } },
        ["readiness.console", "gdb.port"],
    ],
    ["a part of a block", { blocks: [{ path: "a.img", mount: pulumi.secret("/hush") }] }, ["blocks[0].mount"]],
    ["nothing, though an environment is secret", { env: { A: pulumi.secret("1") } }, []],
])("paths of what no text repeats: %s", async (title, more, hidden) => {
    const inputs = await wire(new Unikernel(`hidden ${title}`, args(more)), `hidden ${title}`);
    expect(inputs.hidden ?? []).toEqual(hidden);
    // A place among the inputs has the engine encrypt the output of its name.
    expect("consoleCommand" in inputs).toBe(hidden.length > 0);
});
