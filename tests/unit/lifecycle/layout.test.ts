import { createHash } from "node:crypto";
import type { HostFile } from "../../../backends/libvirt/host";
import { copiesOf, isConfigFile, isPersist, layOut } from "../../../backends/libvirt/lifecycle/files/layout";
import type { Access, BlockSpec, GuestPlan, Part } from "../../../model";
import { specOf } from "./spec";

const K = "a".repeat(64),
    D = "d".repeat(64);
const block = (name: string, access: Access, format: BlockSpec["format"] = "raw"): BlockSpec => ({
    name,
    access,
    format,
    digest: D,
});

function plan(
    blocks: BlockSpec[],
    { initrd = [] as Part[], secret = false, config = "c", writable = false } = {},
): GuestPlan {
    return {
        spec: specOf({ blocks }),
        bootDigest: "",
        digestKey: secret ? "ab".repeat(16) : undefined,
        blockFiles: blocks.map(({ name }) => `/cache/${name}`),
        readConsole: () => ({}),
        digests: { kernel: K, blocks: blocks.map(({ digest }) => digest), config },
        boot: { cmdline: "", initrd, secret, guestConfig: "" },
        guest: {
            platforms: ["kvm"],
            machine: "pc",
            virtio: "transitional",
            drivers: {},
            shutdown: false,
            writableDisks: writable ? ["kvm"] : [],
            minMemory: 1,
            maxDisks: 9,
            maxInterfaces: 9,
            ends: "halt",
            panicDevice: false,
            firmware: ["bios"],
        },
    };
}

const k = `kernel-${K.slice(0, 16)}`,
    d = D.slice(0, 16);
const there = (...names: string[]): HostFile[] => names.map((name) => ({ name, size: 1 }));

test.each<[string, GuestPlan, HostFile[], string[], string[]]>([
    ["a kernel alone", plan([]), [], [], [k]],
    ["read: the image by digest", plan([block("data", "read")]), [], [`data-${d}.img`], [k, `data-${d}.img`]],
    [
        "scratch: a copy beside it",
        plan([block("data", "scratch")]),
        [],
        [`data-${d}.scratch.img`],
        [k, `data-${d}.img`],
    ],
    [
        "a guest that insists on writable disks",
        plan([block("data", "read")], { writable: true }),
        [],
        [`data-${d}.scratch.img`],
        [k, `data-${d}.img`],
    ],
    [
        "persist: seeded once",
        plan([block("data", "persist", "qcow2")]),
        [],
        ["data.persist.qcow2"],
        [k, "data.persist.qcow2"],
    ],
    [
        "persist: what is there stays",
        plan([block("data", "persist")]),
        there("data.persist.img"),
        ["data.persist.img"],
        [k],
    ],
])("%s", async (_name, what, present, disks, puts) => {
    const layout = await layOut(what, present);
    expect(layout.disks).toEqual(disks);
    expect(layout.puts.map(({ name }) => name)).toEqual(puts);
    expect(layout.files).toEqual(expect.arrayContaining([...disks, ...puts]));
});

test("a persist disk keeps the format that it was seeded in", async () => {
    const {
        disks,
        plan: { spec },
    } = await layOut(
        plan([block("a", "persist", "raw"), block("b", "persist", "qcow2")]),
        there("a.persist.qcow2", "b.persist.img"),
    );
    expect(disks).toEqual(["a.persist.qcow2", "b.persist.img"]);
    expect(spec.blocks.map(({ format }) => format)).toEqual(["qcow2", "raw"]);
});

test("a persist disk that is seeded again has another file; without such a text the record decides which is its own", async () => {
    const again = { ...block("data", "persist"), reseed: "second" },
        first = "data.persist.img";
    const {
        disks: [second],
        puts,
    } = await layOut(plan([again]), there(first));
    expect(second).toMatch(/^data\.persist\.[0-9a-f]{8}\.img$/);
    expect(puts.at(-1)).toMatchObject({ name: second, seed: true });
    expect((await layOut(plan([again]), there(first, second!))).puts).toHaveLength(1);
    expect((await layOut(plan([block("data", "persist")]), there(second!))).disks).toEqual([second]);
    for (const name of [first, second!]) {
        expect(
            (await layOut(plan([block("data", "persist")]), there(first, second!), [], [{ name, role: "persist" }]))
                .disks,
        ).toEqual([name]);
    }
    await expect(layOut(plan([block("data", "persist")]), there(first, second!))).rejects.toMatchObject({
        code: "in-use",
        message: expect.stringContaining(`${first} and ${second}`),
    });
});

test("names that are not file names, and equal ones, stay apart", async () => {
    const names = ["../a", ".._a", "a.persist.img", "data", "data"];
    const { disks } = await layOut(
        plan(names.map((name, index) => block(name, index === 2 ? "scratch" : "persist"))),
        [],
    );
    expect(new Set(disks).size).toBe(names.length);
    for (const name of disks) expect(name).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]*$/);
    expect(disks.map(isPersist)).toEqual([true, true, false, true, true]);
});

test("the private copies of a definition are read off its file names", () => {
    expect(copiesOf([k, `a-${d}.img`, `b-${d}.scratch.qcow2`, "c.persist.img"])).toEqual([
        { from: `b-${d}.qcow2`, to: `b-${d}.scratch.qcow2` },
    ]);
});

test("the name of a boot module says what is in it, but not of a secret", async () => {
    const bytes = (text: string): Part[] => [{ bytes: Buffer.from(text) }];
    const name = async (...args: Parameters<typeof plan>) => (await layOut(plan(...args), [])).initrd;
    expect(await name([], { initrd: bytes("one") })).not.toEqual(await name([], { initrd: bytes("two") }));
    const secret = await layOut(plan([], { initrd: bytes("pw1"), secret: true }), []);
    // Of the same length and digest of the configuration: a MAC or the access of a block is in neither.
    expect(secret.initrd).not.toEqual(await name([], { initrd: bytes("pw2"), secret: true }));
    const plainly = createHash("sha256").update("pw1").digest("hex").slice(0, 16);
    expect(secret.initrd).not.toContain(plainly);
    expect(secret.puts.find((put) => put.name === secret.initrd)?.mode).toBe(0o600);
});

test("what the guest is told lies in a file of its own, readable by nobody else; its name tells no secret", async () => {
    const told = async (value: string, { secret = false, config = "c" } = {}) => {
        const it = plan([], { secret, config });
        return layOut({ ...it, boot: { ...it.boot, xenstore: { key: "rumprun/cfg", value } } }, []);
    };
    const [one, other, pw1, pw2] = [
        await told("{1}"),
        await told("{2}"),
        await told("{pw1}", { secret: true }),
        await told("{pw2}", { secret: true }),
    ];
    const name = (layout: typeof one): string => layout.files.find(isConfigFile)!;
    expect(one.puts.find((put) => put.name === name(one))).toMatchObject({
        mode: 0o600,
        parts: [{ bytes: Buffer.from("{1}") }],
    });
    expect(name(one)).not.toBe(name(other));
    expect(name(pw1)).not.toBe(name(pw2));
    expect(name(pw1)).toBe(name(await told("{pw1}", { secret: true })));
    expect((await layOut(plan([]), [])).files.some(isConfigFile)).toBe(false);
});

test("a guest of release 0.1.0 that boots the same keeps the name of its file with a secret", async () => {
    const secret = plan([], { initrd: [{ bytes: Buffer.from("pw1") }], secret: true });
    const before = `initrd-${createHash("sha256").update("c 3").digest("hex").slice(0, 16)}`;
    expect((await layOut(secret, there(before), [k, before])).initrd).toBe(before);
    expect((await layOut(secret, there(before), [])).initrd).not.toBe(before);
});

test.each<[Access, boolean]>([
    ["read", false],
    ["scratch", false],
    ["persist", false],
    ["read", true],
])("each file of a secret image is its owner's alone: %s", async (access, writable) => {
    const modes = async (secret?: true) =>
        (await layOut(plan([{ ...block("data", access), secret }], { writable }), [])).puts
            .slice(1)
            .map(({ mode }) => mode);
    expect(await modes(true)).toEqual([0o600]);
    expect(await modes()).toEqual([access === "persist" ? 0o600 : 0o644]);
});

test("a secret image is not taken for the copy that 0.1.0 made for all to read, unless the guest boots the same", async () => {
    const before = `data-${d}.img`;
    const layout = (what: BlockSpec, former: string[]) => layOut(plan([what]), there(k, before), former);
    const secret: BlockSpec = { ...block("data", "read"), secret: true };
    expect((await layout(secret, [k, before])).disks).toEqual([before]);
    const {
        disks: [anew],
        puts,
    } = await layout(secret, []);
    expect(anew).not.toBe(before);
    expect(puts.at(-1)).toMatchObject({ name: anew, mode: 0o600 });
    // From then on it has one name.
    expect((await layOut(plan([secret]), there(k, anew!), [k, anew!])).disks).toEqual([anew]);
    expect((await layOut(plan([{ ...secret, access: "scratch" }]), [])).disks).toEqual([
        anew!.replace(".img", ".scratch.img"),
    ]);
    expect(
        (await layOut(plan([{ ...secret, access: "scratch" }]), [], [before, `data-${d}.scratch.img`])).disks,
    ).toEqual([`data-${d}.scratch.img`]);
});
