import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createBackends } from "../../../../backends";
import { UNKNOWN } from "../../../../core";
import { unikernelHandlers } from "../../../../core/unikernel";
import { forgetClaims } from "../../../../core/unikernel/check/claims";
import { forgetChecks } from "../../../../core/unikernel/diff/replacing";
import { UnikernelError } from "../../../../model";
import { ARCHIVE, ASSET, SIGNATURE } from "../../../../provider/plugin/wire/wire";
import { handlersOf } from "../../../../provider/registry";
import { bzImage } from "../../core/kernels";
import { closePlugins, openPlugin, type Plugin, reference, secret, urnOf } from "./plugin";

const folder = mkdtempSync(join(tmpdir(), "pulumi-unikernel-plugin-"));
const kernel = join(folder, "vmlinuz");
const initrd = join(folder, "initrd");
const pages = join(folder, "pages");
const cache = process.env.XDG_CACHE_HOME;
let plugin: Plugin;

/** No host answers: neither check nor a preview must need one. */
const backends = createBackends(() => Promise.reject(new UnikernelError("unreachable", "no host answers")));
const handlers: typeof handlersOf = (kind, call) =>
    kind !== "unikernel"
        ? handlersOf(kind, call)
        : unikernelHandlers({
              backend: (platform) => backends[platform]!,
              creator: { user: "alice", machine: "wonderland", project: "p" },
              log: () => undefined,
              ...call,
          });

beforeAll(async () => {
    process.env.XDG_CACHE_HOME = join(folder, "cache");
    writeFileSync(kernel, bzImage("linux 6"));
    writeFileSync(initrd, "initrd");
    mkdirSync(join(pages, "html"), { recursive: true });
    writeFileSync(join(pages, "html", "index.html"), "one");
    writeFileSync(join(pages, "nginx.conf"), "conf");
    plugin = await openPlugin({ handlers });
});
beforeEach(() => {
    forgetClaims();
    forgetChecks();
});
afterAll(() => {
    closePlugins();
    if (cache === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = cache;
    rmSync(folder, { recursive: true });
});

const web = urnOf("Unikernel", "web");
const args = (more: object = {}) => ({
    platform: "kvm",
    kernel,
    initrd,
    connection: "qemu:///system",
    args: ["nginx"],
    ...more,
});

test("references become what this run has checked", async () => {
    const [data, eth] = [urnOf("BlockImage", "data"), urnOf("NetworkInterface", "eth")];
    const image = await plugin.inputs(data, { source: pages });
    const card = await plugin.inputs(eth, { attach: { user: { forward: [{ guest: 80 }] } } });
    const inputs = await plugin.inputs(
        web,
        args({ blocks: [{ image: reference(data), mount: "/srv" }], interfaces: [reference(eth)] }),
    );
    expect(inputs).toMatchObject({
        urn: web,
        consequence: "create",
        blocks: [{ name: "data", digest: image.digest, format: "iso9660", mount: "/srv", access: "read" }],
        interfaces: [{ mac: card.mac, attach: card.attach, ipv4: "dhcp" }],
    });
});

test("a run that has not checked them takes them for what they were", async () => {
    const [data, eth] = [urnOf("BlockImage", "early"), urnOf("NetworkInterface", "early")];
    const [image, card] = [await plugin.inputs(data, { source: pages }), await plugin.inputs(eth, {})];
    const news = args({ blocks: [{ image: reference(data), mount: "/srv" }], interfaces: [reference(eth)] });
    const olds = await plugin.inputs(web, news);
    const later = await openPlugin({ handlers });
    expect(await later.inputs(web, news, olds)).toMatchObject({
        blocks: [{ digest: image.digest }],
        interfaces: [{ mac: card.mac }],
    });
});

test.each<[string, object, string, RegExp]>([
    [
        "an image that nobody checked",
        { blocks: [{ image: reference(urnOf("BlockImage", "ghost")), mount: "/srv" }] },
        "blocks[0].image",
        /ghost was not checked in this run/,
    ],
    [
        "a card that nobody checked",
        { interfaces: [reference(urnOf("NetworkInterface", "ghost"))] },
        "interfaces[0]",
        /ghost was not checked/,
    ],
    [
        "an interface for an image",
        { blocks: [{ image: reference(urnOf("NetworkInterface", "eth")) }] },
        "blocks[0].image",
        /expected a BlockImage/,
    ],
    [
        "another package's resource",
        { interfaces: [reference("urn:pulumi:dev::shop::random:index:Pet::x")] },
        "interfaces[0]",
        /expected a NetworkInterface/,
    ],
    ["a text for an image", { blocks: [{ image: "data.iso" }] }, "blocks[0].image", /`path`/],
    ["what only constructors send", { allowQemuArgs: true, qemuArgs: ["-s"] }, "allowQemuArgs", /unknown property/],
    ["an identity of somebody else's", { uuid: "00000000-0000-0000-0000-000000000001" }, "uuid", /unknown property/],
    ["a wrong type at depth", { readiness: { tcp: { port: "http" } } }, "readiness.tcp.port", /expected a port/],
])("check names %s", async (_, more, property, reason) => {
    const { failures } = await plugin.check(web, args(more));
    expect(failures).toContainEqual({ property, reason: expect.stringMatching(reason) as string });
});

test("an argument for QEMU itself is the configuration's to allow", async () => {
    expect((await plugin.check(web, args({ qemuArgs: ["-s"] }))).failures).toEqual([
        expect.objectContaining({ property: "qemuArgs" }),
    ]);
    const allowing = await openPlugin({ handlers });
    await allowing.configure({ allowQemuArgs: "true" });
    expect((await allowing.check(web, args({ qemuArgs: ["-s"] }))).failures).toEqual([]);
});

test("a configured connection is the default, and an argument wins over it", async () => {
    const configured = await openPlugin({ handlers });
    await configured.configure({ connection: "qemu+tcp://far/system" });
    expect(await configured.inputs(web, args({ connection: undefined }))).toMatchObject({
        connection: "qemu+tcp://far/system",
    });
    expect(await configured.inputs(web, args())).toMatchObject({ connection: "qemu:///system" });
});

test("the key of digests follows from the engine's seed, which a plan keeps, until state has one", async () => {
    const given = args({ env: { PASSWORD: secret("hunter2") } });
    const check = async (seed: number, olds = {}) =>
        (await plugin.check(web, given, olds, Buffer.alloc(32, seed))).inputs;
    const first = await check(1);
    expect(await check(1)).toEqual(first);
    expect((await check(2)).digestKey).not.toEqual(first.digestKey);
    expect(await check(2, first)).toEqual(first);
});

test("secrets come back as secrets, their digests are keyed", async () => {
    const inputs = await plugin.inputs(
        web,
        args({ env: { PASSWORD: secret("hunter2"), MODE: "x" }, args: secret(["a", "b"]) }),
    );
    expect(inputs).toMatchObject({
        env: { PASSWORD: secret("hunter2"), MODE: "x" },
        args: secret(["a", "b"]),
        secrets: ["args[0]", "args[1]", "env.PASSWORD"],
        digestKey: secret(expect.stringMatching(/^[0-9a-f]{32}$/)),
    });
    // The key stays, and with it every digest.
    expect(
        await plugin.inputs(
            web,
            args({ env: { PASSWORD: secret("hunter2"), MODE: "x" }, args: secret(["a", "b"]) }),
            inputs,
        ),
    ).toEqual(inputs);
});

test("a disk has the name that the program gives it; an image that the engine found by an alias keeps its disk", async () => {
    const data = urnOf("BlockImage", "data");
    const named = { image: reference(data), name: "db", access: "persist" };
    const image = await plugin.inputs(data, { source: pages });
    expect((await plugin.inputs(web, args({ blocks: [named] }))).blocks).toMatchObject([{ name: "db", image: "data" }]);
    const olds = await plugin.inputs(web, args({ blocks: [{ image: reference(data), access: "persist" }] }));
    const renamed = urnOf("BlockImage", "store");
    const news = args({ blocks: [{ image: reference(renamed), access: "persist" }] });
    const moved = await plugin.inputs(renamed, { source: pages }, image);
    expect(moved).toMatchObject({ formerly: ["data"] });
    const kept = await plugin.inputs(web, news, olds);
    expect(kept).toMatchObject({ blocks: [{ name: "data", image: "store" }], consequence: olds.consequence });
    // The alias is in state from now on, and the image's own record of it too.
    expect(await plugin.inputs(renamed, { source: pages }, moved)).toMatchObject({ formerly: ["data"] });
    expect(await plugin.inputs(web, news, kept)).toMatchObject({ blocks: [{ name: "data", image: "store" }] });
});

test("a data image takes assets, archives and secrets", async () => {
    const urn = urnOf("BlockImage", "assets");
    const asset = (fields: object) => ({ [SIGNATURE]: ASSET, ...fields });
    const source = {
        "a.html": asset({ path: join(pages, "nginx.conf") }),
        "b.html": asset({ text: "b" }),
        "c.html": secret("c"),
    };
    expect(await plugin.inputs(urn, { source })).toMatchObject({
        source: { "a.html": { asset: join(pages, "nginx.conf") }, "b.html": "b", "c.html": secret("c") },
        secrets: ["source.c.html"],
    });
    const archive = (fields: object) => ({ [SIGNATURE]: ARCHIVE, ...fields });
    const whole = { source: archive({ assets: { "b.html": asset({ text: "b" }) } }) };
    expect(await plugin.inputs(urn, whole)).toMatchObject({ source: { "b.html": "b" } });
    const refused = async (refusedSource: object) => {
        const { failures } = await plugin.check(urn, { source: refusedSource });
        return failures.map(({ property, reason }) => `${property}: ${reason}`);
    };
    const one = (text: string) => [expect.stringContaining(text)];
    const remote = { uri: "https://example.org/" };
    expect(await refused({ "a.html": asset(remote) })).toEqual(one('source["a.html"]: found a remote asset, which'));
    expect(await refused(archive(remote))).toEqual(one("source: found a remote archive, which is not fetched"));
    expect(await refused(asset({ text: "b" }))).toEqual(one("source: found a text asset without a path"));
    expect(await refused({ dir: archive({ path: pages }) })).toEqual(one("source.dir: found an archive inside of an"));
    const { failures } = await plugin.check(web, { platform: "kvm", kernel: asset({ path: "k" }) });
    expect(failures).toEqual([
        { property: "kernel", reason: expect.stringMatching(/^found an asset; expected a text/) },
    ]);
});

const eth = { mac: "52:54:00:00:00:01", attach: { network: "default" } };
test.each<[string, object, object, Record<string, string>, string[]]>([
    ["an argument", {}, { args: ["nginx", "-t"] }, { "args[1]": "ADD" }, []],
    ["a variable that goes", { env: { A: "1" } }, {}, { "env.A": "DELETE" }, []],
    ["memory", { memory: 64 }, { memory: 96 }, { memory: "UPDATE" }, []],
    ["a name", { name: "one" }, { name: "two" }, { name: "UPDATE_REPLACE" }, ["name"]],
    [
        "a mount",
        { blocks: [{ path: "KERNEL", mount: "/a" }] },
        { blocks: [{ path: "KERNEL", mount: "/b" }] },
        { "blocks[0].mount": "UPDATE" },
        [],
    ],
    ["a block", {}, { blocks: [{ path: "KERNEL" }] }, { "blocks[0]": "ADD" }, []],
    [
        "a card's source",
        { interfaces: [eth] },
        { interfaces: [{ ...eth, attach: { bridge: "br0" } }] },
        { "interfaces[0].attach.network": "DELETE", "interfaces[0].attach.bridge": "ADD" },
        [],
    ],
    ["an unknown environment", {}, { env: UNKNOWN }, { env: "UPDATE" }, []],
    ["an unknown list of cards", { interfaces: [eth] }, { interfaces: UNKNOWN }, { interfaces: "UPDATE" }, []],
    [
        "an unknown card and an unknown block",
        { interfaces: [eth] },
        { interfaces: [UNKNOWN], blocks: [UNKNOWN] },
        { "interfaces[0]": "UPDATE", "blocks[0]": "ADD" },
        [],
    ],
])("the diff of %s", async (_, before, after, details, replaces) => {
    const filled = (more: object) => JSON.parse(JSON.stringify(args(more)).replaceAll("KERNEL", kernel));
    const olds = await plugin.inputs(web, filled(before));
    expect(await plugin.diff(web, olds, olds)).toMatchObject({ changes: false, details: {} });
    const { inputs } = await plugin.check(web, filled(after), olds);
    expect(await plugin.diff(web, olds, inputs)).toEqual({
        changes: true,
        replaces,
        deleteBeforeReplace: true,
        details,
    });
});

test("the diff of a kernel built anew at the same path, and of an image with one other file", async () => {
    const data = urnOf("BlockImage", "data");
    const news = args({ blocks: [{ image: reference(data), mount: "/srv" }] });
    const image = await plugin.inputs(data, { source: pages });
    const olds = await plugin.inputs(web, news);
    writeFileSync(kernel, bzImage("linux 7"));
    writeFileSync(join(pages, "html", "index.html"), "two");
    const [nextImage, next] = [
        await plugin.inputs(data, { source: pages }, image),
        await plugin.inputs(web, news, olds),
    ];
    const { manifest: _, ...outs } = image;
    expect(await plugin.diff(data, outs, nextImage, image)).toMatchObject({
        details: { digest: "UPDATE", 'manifest["html/index.html"]': "UPDATE" },
    });
    expect(await plugin.diff(web, olds, next)).toMatchObject({
        replaces: [],
        details: {
            kernel: "UPDATE",
            "digests.kernel": "UPDATE",
            "blocks[0].image": "UPDATE",
            "blocks[0].digest": "UPDATE",
        },
    });
    expect(next.consequence).toBe("restart: kernel, /srv/html/index.html");
});

test("a preview knows what is known", async () => {
    const inputs = await plugin.inputs(web, args({ env: { PASSWORD: secret("x") } }));
    const { outs } = await plugin.create(web, inputs, { preview: true });
    expect(outs).toEqual({
        ...inputs,
        ipAddresses: UNKNOWN,
        consoleLog: UNKNOWN,
        consoleCommand: UNKNOWN,
        guestConfig: UNKNOWN,
    });
    const olds = {
        ...inputs,
        ipAddresses: ["10.0.0.2"],
        consoleLog: "/log",
        consoleCommand: "virsh console",
        guestConfig: "{}",
    };
    const live = await plugin.inputs(web, args({ env: { PASSWORD: secret("x") }, autostart: true }), inputs);
    expect(await plugin.update(web, "id", olds, live, { preview: true })).toEqual({ ...olds, ...live });
    const restart = await plugin.inputs(web, args({ env: { PASSWORD: secret("y") } }), inputs);
    expect(await plugin.update(web, "id", olds, restart, { preview: true })).toEqual({
        ...olds,
        ...restart,
        ipAddresses: UNKNOWN,
        guestConfig: UNKNOWN,
    });
});

test("a state that dynamic providers have written is read, without what is theirs", async () => {
    const eth1 = urnOf("NetworkInterface", "eth");
    const olds = await plugin.inputs(eth1, {});
    const moved = { ...olds, __provider: secret("text") };
    expect(await plugin.inputs(eth1, {}, moved)).toEqual(olds);
    expect(await plugin.diff(eth1, moved, olds)).toMatchObject({ changes: false });
});

test("a preview knows the size of an image's file only when nothing is built, from an old state too", async () => {
    const image = urnOf("BlockImage", "data");
    const args = { source: { a: "a" }, format: "ext2", size: 8 };
    const inputs = await plugin.inputs(image, args);
    expect((await plugin.create(image, inputs, { preview: true })).outs.size).toBe(UNKNOWN);
    const { id, outs } = await plugin.create(image, inputs);
    expect(outs.size).toBe(8 * 2 ** 20);
    // Release 0.1.0 called it `bytes`, and repeated the argument.
    const old = { ...outs, size: 8, bytes: outs.size };
    expect((await plugin.diff(image, old, inputs, inputs)).changes).toBe(true);
    expect(await plugin.update(image, id, old, inputs, { preview: true })).toEqual(outs);
    const larger = await plugin.inputs(image, { ...args, size: 9 }, inputs);
    expect((await plugin.update(image, id, old, larger, { preview: true })).size).toBe(UNKNOWN);
});
