import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createBackends } from "../../../backends";
import { UNKNOWN } from "../../../core/handlers";
import { unikernelHandlers } from "../../../core/unikernel";
import { forgetClaims } from "../../../core/unikernel/check/claims";
import { forgetChecks } from "../../../core/unikernel/diff/replacing";
import { UnikernelError } from "../../../model";
import { makeElf, unbaked } from "../guests/elfFixture";
import { bzImage } from "./kernels";

const folder = mkdtempSync(join(tmpdir(), "pulumi-unikernel-check-"));
const file = (name: string, content: string | Buffer = name) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
};
const linux = file("vmlinuz", bzImage("linux 6"));
const initrd = file("initrd");
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
    forgetClaims();
    forgetChecks();
    said.length = 0;
});

const said: string[] = [];
/** No host answers: check must not need one. */
const backends = createBackends(() => Promise.reject(new UnikernelError("unreachable", "no host answers")));
const handlers = unikernelHandlers({
    backend(platform) {
        const found = backends[platform];
        if (!found) throw new UnikernelError("unsupported", `there is no ${platform}`);
        return found;
    },
    creator: { user: "alice", machine: "wonderland", project: "p" },
    log: (message) => said.push(message),
});

const urn = (name: string) => `urn:pulumi:dev::shop::pulumi-nodejs:dynamic/unikernel:Unikernel::${name}`;
const args = (more: object = {}) => ({
    platform: "kvm",
    kernel: linux,
    initrd,
    args: ["nginx"],
    connection: "qemu:///system",
    ...more,
});
const check = (more: object = {}, olds: object = {}, name = "web") =>
    handlers.check({ ...olds }, { resourceUrn: urn(name), ...args(more) });
const LINUX = Buffer.from("linux\0");
const card = (more: object = {}) => ({ mac: "52:54:00:00:00:01", attach: { network: "default" }, ...more });
const forward = (host: number, more: object = {}) => ({
    attach: { user: { forward: [{ host, guest: 80, ...more }] } },
});

test.each<[string, object, string[], RegExp?]>([
    [
        "unknown properties, at any depth",
        { memroy: 64, readiness: { tcp: { port: 80 }, retries: 3 } },
        ["memroy", "readiness.retries"],
        /unknown property/,
    ],
    ["no kernel", { kernel: undefined }, ["kernel"], /required/],
    ["a kernel that is not there", { kernel: "/nowhere/nginx" }, ["kernel"]],
    ["a folder as kernel", { kernel: folder }, ["kernel"]],
    ["a kernel that is text", { kernel: file("readme.txt", "hello") }, ["kernel"]],
    ["an empty kernel", { kernel: file("empty", "") }, ["kernel"]],
    ...[undefined, "rumprun", "linux", "raw"].map((guest): [string, object, string[], RegExp] => [
        `a rumprun program that is not baked, as ${guest ?? "any"} guest`,
        { kernel: file("unbaked", unbaked(64)), guest },
        ["kernel"],
        /not baked; expected a baked one: rumprun-bake hw_virtio/,
    ]),
    ["an initrd that is not there", { initrd: "/nowhere/initrd" }, ["initrd"]],
    ["a guest that there is not", { guest: "plan9" }, ["guest"], /rumprun, linux, unikraft, solo5, raw/],
    ["a platform that there is not", { platform: "vmware" }, ["platform"]],
    ["a connection to another hypervisor", { platform: "xen" }, ["connection"], /leads to qemu; platform xen needs/],
    ["odd names", { name: "a b", hostname: "-x" }, ["name", "hostname"]],
    ["no description", { description: "" }, ["description"]],
    ["a description that XML cannot hold", { description: "a\u0007b" }, ["description"]],
    ["a name of 64", { name: "x".repeat(64) }, ["name"]],
    ["ways that are not ways", { sshTarget: "-oProxyCommand=x" }, ["sshTarget"]],
    ["a way with a word too many", { sshTarget: "root@far -v" }, ["sshTarget"]],
    [
        "numbers out of range",
        { memory: 0.5, maxMemory: 0, vcpus: 0, shutdownTimeout: -1 },
        ["memory", "maxMemory", "vcpus", "shutdownTimeout"],
    ],
    ["less memory than it boots with", { memory: 4 }, ["memory"]],
    ["text where a number belongs", { memory: "64" }, ["memory"], /whole number of MiB.*found "64"/],
    ["a number where a text belongs", { hostname: 7 }, ["hostname"], /^expected a text, found a number; write "7"$/],
    [
        "a number in env, as YAML reads 8080",
        { env: { PORT: 8080 } },
        ["env.PORT"],
        /^expected a text, found a number; write it in quotes$/,
    ],
    [
        "a boolean in args",
        { args: ["-v", true] },
        ["args[1]"],
        /^expected a text, found a boolean; write it in quotes$/,
    ],
    ["a variable's name with =", { env: { "A=B": "1" } }, ['env["A=B"]']],
    ["a NUL in an argument", { args: ["nginx", "a\0b"] }, ["args[1]"]],
    ["two kinds of readiness", { readiness: { tcp: { port: 80 }, console: "up" } }, ["readiness"]],
    ["a broken pattern", { readiness: { console: "(" } }, ["readiness.console"]],
    [
        "what no HTTP server answers",
        { readiness: { http: { port: 80, status: 99, body: "(", host: "a b" } } },
        ["readiness.http.status", "readiness.http.body", "readiness.http.host"],
    ],
    ["no status", { readiness: { http: { port: 80, status: [] } } }, ["readiness.http.status"]],
    ["no time left for it", { readiness: { tcp: { port: 80 }, minReady: 60 } }, ["readiness.minReady"]],
    ["a block without content", { blocks: [{ mount: "/data" }] }, ["blocks[0]"]],
    ["a block's file that is not there", { blocks: [{ path: "/nowhere/disk" }] }, ["blocks[0].path"]],
    ["a relative mount", { blocks: [{ path: initrd, mount: "data" }] }, ["blocks[0].mount"]],
    [
        "QEMU arguments without consent",
        { qemuArgs: ["-d", "int"] },
        ["qemuArgs"],
        /pulumi config set unikernel:allowQemuArgs true/,
    ],
    ["a URI that is none", { connection: "localhost" }, ["connection"]],
    [
        "a network of the system in a session",
        { connection: "qemu:///session", interfaces: [card()] },
        ["interfaces[0].attach.network"],
    ],
    ["a MAC twice in a unikernel", { interfaces: [card(), card()] }, ["interfaces[1].mac"]],
    [
        "everything at once",
        { memory: -1, kernel: "/nowhere/nginx", interfaces: [card({ mac: "x" })], blocks: [{ path: "" }] },
        ["memory", "blocks[0].path", "interfaces[0].mac", "kernel"],
    ],
])("refuses %s", async (_title, more, properties, reason = /./) => {
    const { failures } = await check(more);
    expect(failures.map(({ property }) => property)).toEqual(properties);
    for (const failure of failures) expect(failure.reason).not.toMatch(/invalid input/i);
    expect(failures[0]!.reason).toMatch(reason);
});

test("a message never repeats a value that may be secret", async () => {
    const { failures } = await check({ env: { PASSWORD: "hunter2\0" }, args: ["hunter2\0"] });
    expect(failures).toHaveLength(2);
    expect(JSON.stringify(failures)).not.toContain("hunter2");
});

test("fills in what is left out", async () => {
    const { inputs, failures } = await check({ interfaces: [card()], blocks: [{ path: initrd, mount: "/data" }] });
    expect(failures).toEqual([]);
    expect(inputs).toMatchObject({
        schemaVersion: 2,
        urn: urn("web"),
        uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
        name: expect.stringMatching(/^web-[0-9a-f]{7}$/),
        guest: "linux",
        memory: expect.any(Number),
        state: "running",
        interfaces: [{ mac: "52:54:00:00:00:01", attach: { network: "default" }, driver: "eth", ipv4: "dhcp" }],
        blocks: [
            {
                name: "initrd",
                format: "raw",
                path: initrd,
                mount: "/data",
                access: "read",
                digest: expect.stringMatching(/^[0-9a-f]{64}$/),
            },
        ],
        digests: { kernel: expect.stringMatching(/^[0-9a-f]{64}$/), config: expect.stringMatching(/^[0-9a-f]{32}$/) },
        consequence: "create",
    });
    expect(inputs).not.toHaveProperty("host");
});

test("what check returned is what it returns again", async () => {
    const first = (await check()).inputs;
    expect((await check({}, first)).inputs).toEqual(first);
    const changed = (await check({ args: ["nginx", "-t"] }, first)).inputs;
    expect(changed.consequence).toBe("restart: args");
    // Carried over, or every second up would differ.
    expect((await check({ args: ["nginx", "-t"] }, changed)).inputs).toEqual(changed);
});

test("identity is kept from olds, whatever the URN has become", async () => {
    const first = (await check()).inputs;
    forgetClaims();
    const renamed = (await check({}, first, "renamed by an alias")).inputs;
    expect(renamed).toMatchObject({ uuid: first.uuid, name: first.name, consequence: "live: urn" });
    // A new resource under the old URN must not take the guest over.
    const newcomer = await check();
    expect(newcomer.failures).toEqual([]);
    expect(newcomer.inputs).toMatchObject({
        uuid: expect.not.stringMatching(String(first.uuid)),
        name: expect.not.stringMatching(String(first.name)),
    });
});

test("a kernel is what is in it", async () => {
    const kernel = file("kernel", bzImage("one"));
    const first = (await check({ kernel })).inputs;
    const copy = file("copy", bzImage("one"));
    expect(await handlers.diff("id", first, (await check({ kernel: copy }, first)).inputs)).toMatchObject({
        changes: false,
    });
    file("kernel", bzImage("two"));
    const rebuilt = (await check({ kernel }, first)).inputs;
    expect(rebuilt.consequence).toBe("restart: kernel");
    expect(await handlers.diff("id", first, rebuilt)).toEqual({
        changes: true,
        replaces: [],
        deleteBeforeReplace: true,
    });
});

test.each<[string, object, string[]]>([
    ["another name", { name: "other" }, ["name"]],
    ["a changed argument", { args: ["nginx", "-t"] }, []],
])("replaces for %s", async (_title, more, replaces) => {
    const first = (await check()).inputs;
    expect(await handlers.diff("id", first, (await check(more, first)).inputs)).toEqual({
        changes: undefined,
        replaces,
        deleteBeforeReplace: true,
    });
});

test.each<[string, object, string]>([
    ["a changed name", { name: "other" }, "replace: name"],
    ["the user's wish", {}, "replace"],
])(
    "the second check of a replacement, with empty olds, is not taken for a create: %s",
    async (_title, more, consequence) => {
        const first = (await check()).inputs;
        expect(first.consequence).toBe("create");
        await check(more, first);
        const { inputs, failures } = await check(more);
        expect(failures).toEqual([]);
        expect(inputs).toMatchObject({ uuid: first.uuid, consequence });
    },
);

describe("what two unikernels of a program cannot both have", () => {
    const other = "52:54:00:00:00:02";
    test.each<[string, object, object, string | undefined]>([
        ["a MAC", { interfaces: [card()] }, { interfaces: [card()] }, "interfaces[0].mac"],
        [
            "a host port",
            { interfaces: [card(forward(8080))] },
            { interfaces: [card({ mac: other, ...forward(8080) })] },
            "interfaces[0].attach.user.forward[0].host",
        ],
        [
            "a host port on all addresses",
            { interfaces: [card(forward(8080))] },
            { interfaces: [card({ mac: other, ...forward(8080, { address: "0.0.0.0" }) })] },
            "interfaces[0].attach.user.forward[0].host",
        ],
        [
            "a tap",
            { interfaces: [card({ attach: { tap: "tap0" } })] },
            { interfaces: [card({ mac: other, attach: { tap: "tap0" } })] },
            "interfaces[0].attach.tap",
        ],
        ["a name", { name: "one" }, { name: "one" }, "name"],
        [
            "a debugger's port",
            { gdb: { port: 1234 } },
            { interfaces: [card(forward(1234))] },
            "interfaces[0].attach.user.forward[0].host",
        ],
        [
            "but one port of two protocols",
            { interfaces: [card(forward(53))] },
            { interfaces: [card({ mac: other, ...forward(53, { protocol: "udp" }) })] },
            undefined,
        ],
        [
            "but one port of two addresses",
            { interfaces: [card(forward(80))] },
            { interfaces: [card({ mac: other, ...forward(80, { address: "127.0.0.2" }) })] },
            undefined,
        ],
        [
            "but one port of two hosts",
            { interfaces: [card(forward(80))] },
            { connection: "qemu+ssh://other/system", interfaces: [card({ mac: other, ...forward(80) })] },
            undefined,
        ],
    ])("%s", async (_title, one, two, property) => {
        expect((await check(one, {}, "one")).failures).toEqual([]);
        const { failures } = await check(two, {}, "two");
        expect(failures.map((failure) => failure.property)).toEqual(property ? [property] : []);
        if (property) expect(failures[0]!.reason).toContain('already used by "one"');
        // Asking again is no clash with oneself.
        expect((await check(one, {}, "one")).failures.filter(() => !property)).toEqual([]);
    });
});

describe("while something is unknown", () => {
    const digest = { name: "data", digest: UNKNOWN, format: "iso9660", mount: "/data" };
    test.each<[string, object, string]>([
        ["a data image", { blocks: [digest] }, "restart if blocks[0] changes"],
        ["an interface's MAC", { interfaces: [card({ mac: UNKNOWN })] }, "restart if interfaces[0].mac changes"],
        ["a variable", { env: { A: UNKNOWN } }, "restart if env.A changes"],
        ["the name", { name: UNKNOWN }, "restart if name changes"],
    ])("nothing is replaced, and the rest is checked: %s", async (_title, more, consequence) => {
        const first = (await check({ blocks: [{ ...digest, digest: "d1" }], interfaces: [card()], env: { A: "1" } }))
            .inputs;
        const whole = { blocks: [{ ...digest, digest: "d1" }], interfaces: [card()], env: { A: "1" }, ...more };
        const { inputs, failures } = await check(whole, first);
        expect(failures).toEqual([]);
        expect(inputs.consequence).toBe(consequence);
        expect(await handlers.diff("id", first, inputs)).toEqual({
            changes: undefined,
            replaces: [],
            deleteBeforeReplace: true,
        });
        expect((await check({ ...whole, vcpus: 0 }, first)).failures.map(({ property }) => property)).toEqual([
            "vcpus",
        ]);
    });

    // Every argument that a person writes, whole and at depth.
    const whole = {
        name: "web",
        guest: "linux",
        hostname: "web",
        env: { A: "1" },
        memory: 128,
        vcpus: 2,
        accelerator: "tcg",
        state: "paused",
        onCrash: "restart",
        autostart: true,
        readiness: { http: { port: 80, path: "/" }, timeout: 9 },
        shutdownTimeout: 3,
        gdb: { port: 1234, address: "127.0.0.1" },
        qemuArgs: ["-d"],
        allowQemuArgs: true,
        adopt: true,
        deleteData: true,
        blocks: [
            { name: "data", digest: "d1", format: "iso9660", mount: "/data", output: "data.iso", access: "persist" },
        ],
        interfaces: [
            card({
                attach: { user: { forward: [{ host: 8080, guest: 80, protocol: "tcp", address: "127.0.0.1" }] } },
                driver: "virtio",
                ipv4: { address: "10.0.2.15/24", gateway: "10.0.2.2" },
            }),
        ],
    };
    const medium = {
        platform: "iso",
        connection: undefined,
        kernel: linux,
        initrd,
        output: join(folder, "web.iso"),
        label: "WEB",
        console: ["serial"],
        burn: { device: "/dev/disk/by-id/usb-x", serial: "7", allowFixed: true },
    };
    const written = { ...args(), ...whole };
    const unknowns = (value: unknown): unknown[] => [
        UNKNOWN,
        ...(Array.isArray(value)
            ? value.flatMap((inner, index) => unknowns(inner).map((one) => value.with(index, one)))
            : value !== null && typeof value === "object"
              ? Object.entries(value).flatMap(([key, inner]) =>
                    unknowns(inner).map((one) => ({ ...value, [key]: one })),
                )
              : []),
    ];
    const each = (values: object) =>
        Object.entries(values)
            .filter(([name, value]) => name !== "allowQemuArgs" && value !== undefined)
            .flatMap(([name, value]) =>
                unknowns(value).map((one): [string, object, object] => [
                    `${name}: ${JSON.stringify(one).replaceAll(UNKNOWN, "?")}`,
                    { [name]: one },
                    values,
                ]),
            );

    test.each([...each(written), ...each(medium)])(
        "an unknown never replaces, and loses no identity: %s",
        async (_title, unknown, values) => {
            const olds = await check(values);
            expect(olds.failures).toEqual([]);
            // The key of secrets aside, what there was has a host.
            const first = { ...olds.inputs, host: "11111111-1111-1111-1111-111111111111" };
            const { inputs, failures } = await check({ ...values, ...unknown }, first);
            expect(failures).toEqual([]);
            const kept = Object.fromEntries(
                ["uuid", "host", "urn", "name", "connection"]
                    .filter((name) => !(name in unknown))
                    .map((name) => [name, Object(first)[name]]),
            );
            expect(inputs).toMatchObject(kept);
            expect(inputs.consequence).not.toMatch(/replace/);
            expect((await handlers.diff("id", first, inputs)).replaces).toEqual([]);
            // Nothing but what is unknown differs.
            const root = Object.keys(unknown)[0]!;
            expect(
                handlers.differences!(first, inputs).filter(({ property }) => property.split(/[.[]/)[0] !== root),
            ).toEqual([]);
        },
    );

    test.each<[string, object]>([
        ["a connection", { name: "twin", connection: UNKNOWN }],
        ["an output", { platform: "iso", connection: undefined, output: UNKNOWN }],
    ])("two that have an unknown in common may be two: %s", async (_title, more) => {
        for (const name of ["one", "two"]) expect((await check(more, {}, name)).failures).toEqual([]);
    });

    test("of a guest that is new, an unknown kernel leaves unknown what follows from it", async () => {
        expect((await check({ kernel: UNKNOWN, interfaces: [card()] })).inputs).toMatchObject({
            guest: UNKNOWN,
            memory: UNKNOWN,
            bootDigest: UNKNOWN,
        });
        expect((await check({ kernel: UNKNOWN, guest: "linux", memory: 64 })).inputs).toMatchObject({
            guest: "linux",
            memory: 64,
        });
    });

    test.each(["kernel", "platform", "guest", "connection"])("an unknown %s is no failure", async (property) => {
        expect((await check({ [property]: UNKNOWN })).failures).toEqual([]);
    });
});

describe("digests over secrets", () => {
    const secret = { env: { PASSWORD: "hunter2" }, secrets: ["env.PASSWORD"], digestKey: "" };
    const digestsOf = async (name: string, more: object = secret) => (await check(more, {}, name)).inputs;

    test("cannot be guessed: each resource has a key of its own, which stays", async () => {
        const [one, two] = [await digestsOf("one"), await digestsOf("two")];
        expect(one.digestKey).toMatch(/^[0-9a-f]{32} \(of the key file made on /);
        expect(one.digests).not.toEqual(two.digests);
        expect(one.bootDigest).not.toBe(two.bootDigest);
        expect((await check(secret, one, "one")).inputs).toEqual(one);
    });

    test("a disk with a secret gives its guest a key, and changes neither its boot nor its configuration", async () => {
        const disk = { name: "data", digest: "d1", format: "iso9660", mount: "/data" };
        const plain = await digestsOf("one", { blocks: [disk], digestKey: "" });
        const secretly = { blocks: [{ ...disk, secret: true }], digestKey: "" };
        const { inputs, failures } = await check(secretly, plain, "one");
        expect(failures).toEqual([]);
        expect(plain.digestKey).toBeUndefined();
        expect(inputs).toEqual({
            ...plain,
            digestKey: expect.any(String),
            blocks: [{ ...disk, access: "read", secret: true }],
        });
        expect(await handlers.diff("id", plain, inputs)).toMatchObject({ changes: false });
    });

    test("without a secret there is no key", async () => {
        const { digestKey, digests } = await digestsOf("one", { env: { PASSWORD: "hunter2" } });
        expect(digestKey).toBeUndefined();
        expect(digests).toEqual((await digestsOf("two", { env: { PASSWORD: "hunter2" } })).digests);
    });
});

test("a boot digest stays what it is from release to release", async () => {
    const { bootDigest } = (
        await check({
            memory: 128,
            interfaces: [card()],
            blocks: [{ name: "data", digest: "d1", format: "iso9660", mount: "/data" }],
        })
    ).inputs;
    expect(bootDigest).toBe("62557cb95edd655c22b8cdcf37e6dac7");
});

test("the connection that is left out is the backend's, and kept", async () => {
    const first = (await check({ connection: undefined })).inputs;
    expect(first.connection).toMatch(/^qemu:\/\/\/(system|session)$/);
    expect(
        (await check({ connection: undefined }, { ...first, connection: "qemu+ssh://there/system" })).inputs.connection,
    ).toBe("qemu+ssh://there/system");
});

test("an older state keeps its version until something changes", async () => {
    const old = { ...(await check()).inputs, schemaVersion: 1 };
    expect((await check({}, old)).inputs).toEqual(old);
    expect((await check({ readiness: { tcp: { port: 80 }, timeout: 30 } }, old)).inputs.schemaVersion).toBe(2);
    expect((await check({}, { ...old, drift: ["devices"] })).inputs.schemaVersion).toBe(2);
});

test("state of a newer release is refused", async () => {
    await expect(check({}, { schemaVersion: 3 })).rejects.toMatchObject({ code: "newer-state" });
});

test.each<[string, object, string[], string[]]>([
    ["a hostname", { hostname: "hush-01-" }, ["hostname"], []],
    ["a name", { name: "hush-01 x" }, [], ["name"]],
    ["a pattern", { readiness: { console: "(hush-01" } }, [], ["readiness.console"]],
    ["a mount", { blocks: [{ path: linux, mount: "hush-01" }] }, [], ["blocks[0].mount"]],
    ["the path of a kernel", { kernel: "/nowhere/hush-01" }, [], ["kernel"]],
    ["a connection", { connection: "no uri hush-01" }, [], ["connection"]],
    ["a number", { memory: 0.7351 }, [], ["memory"]],
])("a failure repeats no secret: %s", async (_what, wrong, secrets, hidden) => {
    const { failures } = await check({ ...wrong, secrets, hidden });
    expect(failures.length).toBeGreaterThan(0);
    expect(JSON.stringify(failures)).not.toMatch(/hush-01|7351/);
    expect(JSON.stringify(failures)).toContain("[secret]");
});

describe("a qcow2 that needs another file", () => {
    const overlay = (name: string, size = 0n): string => {
        const header = Buffer.alloc(512);
        header.write("QFI\u00fb", 0, "latin1");
        header.writeUInt32BE(3, 4);
        header.writeBigUInt64BE(128n, 8);
        header.writeBigUInt64BE(size, 24);
        return file(name, header);
    };
    const refusal = {
        property: "blocks[0].path",
        reason: expect.stringMatching(/backing or data file.*qemu-img convert -O qcow2/) as string,
    };
    /** A guest that takes qcow2. */
    const raw = (path: string, more: object = {}): object => ({
        guest: "raw",
        blocks: [{ path, access: "scratch", ...more }],
    });

    test("is refused, with the command that makes it whole", async () => {
        const { failures } = await check({ blocks: [{ path: overlay("overlay.qcow2") }] });
        expect(failures).toEqual(expect.arrayContaining([refusal]));
    });

    test("of a guest of release 0.1.0 is a warning while it is what it was", async () => {
        const path = overlay("old.qcow2");
        const { inputs, failures } = await check(raw(file("whole.img", "a disk")));
        expect(failures).toEqual([]);
        const digest = createHash("sha256").update(readFileSync(path)).digest("hex");
        const old = {
            ...inputs,
            schemaVersion: 1,
            blocks: [{ path, name: "old.qcow2", access: "scratch", format: "qcow2", digest }],
        };
        const again = await check(raw(path), old);
        expect(again.failures).toEqual([]);
        expect(again.inputs).toMatchObject({ schemaVersion: 1, blocks: old.blocks });
        expect(said.filter((line) => line.includes("old.qcow2"))).toEqual([
            expect.stringMatching(
                /^warning: blocks\[0\]\.path: .*cannot start once that file is moved.*qemu-img convert/,
            ),
        ]);
        const moved = await check({ ...raw(path), memory: 128 }, old);
        expect(moved.failures).toEqual([]);

        expect((await check(raw(path, { access: "persist" }), old)).failures).toEqual([refusal]);
        overlay("old.qcow2", 1n << 20n);
        expect((await check(raw(path), old)).failures).toEqual([refusal]);
    });
});

describe("a rumprun guest that probably does not do what its declaration says", () => {
    const elf = (marks: object) => makeElf({ bits: 32, multiboot: true, ...marks });
    const sections = { ".bootstrap": "", link_set_rump_components: "...." };
    const kernel = file("rumprun", elf({ sections }));
    const vmlinux = file(
        "vmlinux-pvh",
        makeElf({ notes: [6, 18].map((type) => ({ owner: "Xen", type, desc: LINUX })) }),
    );
    const declared = { kernel, initrd: undefined, args: [] };

    test("is warned of: little memory, and a card that KVM does not have", async () => {
        const { inputs, failures } = await check({ ...declared, memory: 8, interfaces: [card({ driver: "wm" })] });
        expect(failures).toEqual([]);
        expect(inputs).toMatchObject({ guest: "rumprun", memory: 8, interfaces: [{ driver: "wm" }] });
        expect(said).toEqual([
            "warning: memory: 8 MiB: only small programs, not nginx, boot with less than 14",
            expect.stringMatching(/^warning: interfaces\[0\]\.driver: "wm" finds no card on kvm/),
        ]);
    });

    test.each<[string, object, number]>([
        ["rumprun", declared, 64],
        ["linux, by a header that is silent", {}, 96],
        ["linux, by an ELF file", { kernel: vmlinux }, 96],
        ["raw", { ...declared, guest: "raw" }, 64],
    ])("the default of memory is the former one: %s", async (_, more, memory) => {
        expect((await check(more)).inputs).toMatchObject({ memory });
        expect(said).toEqual([]);
    });
});

describe("what an earlier release let pass", () => {
    const remote = {
        connection: "qemu+tls://far.example/system",
        interfaces: [card({ ipv4: { reserve: "10.0.0.2" } })],
        readiness: { tcp: { port: 80 } },
    };

    test("a probe that leaves for an address of another host is refused, and a warning while it is as it was", async () => {
        const { failures, inputs } = await check(remote);
        expect(failures).toEqual([
            {
                property: "readiness",
                reason: expect.stringContaining("10.0.0.2 is not the address of the host far.example") as string,
            },
        ]);
        const again = await check(remote, inputs);
        expect(again.failures).toEqual([]);
        expect(said).toContainEqual(expect.stringContaining("warning: readiness: the guest is on another host"));
        expect((await check({ ...remote, readiness: { tcp: { port: 81 } } }, inputs)).failures).toHaveLength(1);
    });
});
