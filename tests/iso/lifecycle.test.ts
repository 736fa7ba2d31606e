import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
    copyFileSync,
    existsSync,
    mkdirSync,
    readdirSync,
    readFileSync,
    renameSync,
    statSync,
    symlinkSync,
    truncateSync,
    utimesSync,
    writeFileSync,
} from "node:fs";
import { blockImageHandlers } from "../../core/blockImage";
import { forgetRun } from "../../core/identityOwners";
import { forgetClaims } from "../../core/unikernel/check/claims";
import { testKernel } from "../e2e/guests";
import { nginxGuest } from "../support/linuxGuest";
import { workspace } from "../unit/images/workspace";
import { media, urnOf } from "./media";

jest.setTimeout(900_000);
const { path } = workspace();

let kernel: string;
beforeEach(async () => {
    kernel = path("nginx");
    copyFileSync(await testKernel(), kernel);
});

type Properties = Record<string, unknown>;
const args = (more: Properties = {}): Properties => ({ kernel, output: path("web.iso"), args: ["serve"], ...more });
const sha256 = (file: string): string => createHash("sha256").update(readFileSync(file)).digest("hex");
const files = (): string[] =>
    readdirSync(path())
        .filter((name) => !["cache", "nginx"].includes(name))
        .sort();

async function made(more: Properties = {}) {
    const its = media();
    const { inputs, failures } = await its.check(args(more));
    expect(failures).toEqual([]);
    const { id, outs } = await its.handlers.create(inputs);
    return { ...its, inputs, id, outs };
}

test("a medium is one file and its sum; a second run finds nothing to do; destroy leaves nothing", async () => {
    const { check, handlers, inputs, id, outs } = await made();
    expect(files()).toEqual(["SHA256SUMS", "web.iso"]);
    expect(outs).toMatchObject({
        path: path("web.iso"),
        sha256: sha256(path("web.iso")),
        size: statSync(path("web.iso")).size,
        manifest: expect.objectContaining({ "/boot/grub/grub.cfg": expect.stringMatching(/^[0-9a-f]{16}$/) as string }),
    });
    expect(outs).not.toHaveProperty("state");
    expect(outs).not.toHaveProperty("consoleLog");
    expect(execFileSync("sha256sum", ["-c", "SHA256SUMS"], { cwd: path(), encoding: "utf8" })).toBe("web.iso: OK\n");

    const again = await check(args(), inputs);
    expect(again.inputs).toEqual(inputs);
    expect(await handlers.diff(id, outs, again.inputs)).toMatchObject({ changes: false });
    const read = await handlers.read(id, outs);
    expect(read.props).toEqual(outs);

    await handlers.delete(id, outs);
    expect(files()).toEqual([]);
    await handlers.delete(id, outs);
});

test.each<[string, Properties, string]>([
    ["another argument", { args: ["other"] }, "rebuild: args"],
    ["another label", { label: "WEB" }, "rebuild: label"],
    ["another console", { console: ["vga"] }, "rebuild: console"],
])("%s is a rebuild, in the same place", async (_title, more, sentence) => {
    const { check, handlers, inputs, id, outs } = await made();
    const next = await check(args(more), inputs);
    expect(next.inputs.consequence).toBe(sentence);
    expect(await handlers.diff(id, outs, next.inputs)).toMatchObject({ changes: undefined, replaces: [] });
    const { outs: after } = await handlers.update(id, outs, next.inputs);
    expect(after.sha256).not.toBe(outs.sha256);
    expect(after.sha256).toBe(sha256(path("web.iso")));
    expect(files()).toEqual(["SHA256SUMS", "web.iso"]);
    await handlers.delete(id, after);
});

test("a rebuilt kernel at the same path is noticed, a touched one is not", async () => {
    const { check, inputs } = await made();
    utimesSync(kernel, 1, 1);
    expect((await check(args(), inputs)).inputs.consequence).toBe("create");
    writeFileSync(kernel, Buffer.concat([readFileSync(kernel), Buffer.from("rebuilt")]));
    expect((await check(args(), inputs)).inputs.consequence).toBe("rebuild: kernel");
});

const harms: Record<string, (image: string) => void> = {
    deleted: (image) => execFileSync("rm", [image]),
    truncated: (image) => truncateSync(image, 4096),
    "edited, with size and time kept": (image) => {
        const { atime, mtime } = statSync(image);
        const bytes = readFileSync(image);
        bytes[bytes.length >> 1]! ^= 1;
        writeFileSync(image, bytes);
        utimesSync(image, atime, mtime);
    },
};
test.each(Object.entries(harms))(
    "an image that was %s is drift: refresh sees it, up makes it again",
    async (_title, harm) => {
        const { check, handlers, inputs, id, outs } = await made();
        harm(path("web.iso"));
        const read = await handlers.read(id, outs);
        expect(read.id).toBe(id);
        const next = await check(args(), { ...inputs, ...read.inputs });
        expect(next.inputs.consequence).toMatch(/^rebuild: output/);
        expect(await handlers.diff(id, read.props, next.inputs)).toMatchObject({ changes: true });
        const { outs: after } = await handlers.update(id, read.props, next.inputs);
        expect(after.sha256).toBe(outs.sha256);
        expect(sha256(path("web.iso"))).toBe(outs.sha256);
        expect(after).not.toHaveProperty("drift");
    },
);

test("up without a refresh sees a lost image too, and an image in a lost cache is still ours", async () => {
    const { check, handlers, inputs, id, outs } = await made();
    renameSync(path("web.iso"), path("kept.iso"));
    expect(await handlers.diff(id, outs, (await check(args(), inputs)).inputs)).toMatchObject({ changes: true });
    renameSync(path("kept.iso"), path("web.iso"));
    execFileSync("rm", ["-r", path("cache/pulumi-unikernel/built"), path("cache/pulumi-unikernel/users")]);
    const next = (await check(args({ args: ["other"] }), inputs)).inputs;
    const { outs: after } = await handlers.update(id, outs, next);
    expect(after.sha256).toBe(sha256(path("web.iso")));
    await handlers.delete(id, after);
    expect(files()).toEqual([]);
});

test("another output moves the image, and the old one goes", async () => {
    const { check, handlers, inputs, id, outs } = await made();
    const next = (await check(args({ output: path("other.iso") }), inputs)).inputs;
    expect(next.consequence).toBe("rebuild: output");
    const { outs: after } = await handlers.update(id, outs, next);
    expect(after).toMatchObject({ path: path("other.iso"), sha256: outs.sha256 });
    expect(files()).toEqual(["SHA256SUMS", "other.iso"]);
});

const obstacles: Record<string, [at: () => string, reason: RegExp]> = {
    "a folder": [
        () => {
            mkdirSync(path("taken"));
            return path("taken");
        },
        /is a folder/,
    ],
    "a device": [() => "/dev/null", /not a regular file/],
    "a link": [
        () => {
            symlinkSync("nowhere", path("taken"));
            return path("taken");
        },
        /symbolic link/,
    ],
    "in a folder that is not there": [() => path("no/where.iso"), /does not exist/],
};
test.each(Object.entries(obstacles))("an output that is %s is refused at preview", async (_title, [at, reason]) => {
    const { failures } = await media().check(args({ output: at() }));
    expect(failures).toEqual([{ property: "output", reason: expect.stringMatching(reason) as string }]);
});

test("a folder that cannot be written to is refused at preview", async () => {
    mkdirSync(path("locked"));
    execFileSync("mount", ["-t", "tmpfs", "-o", "ro", "none", path("locked")]);
    try {
        const { failures } = await media().check(args({ output: path("locked/web.iso") }));
        expect(failures).toEqual([
            { property: "output", reason: expect.stringMatching(/cannot be written to/) as string },
        ]);
    } finally {
        execFileSync("umount", [path("locked")]);
    }
});

test("a stranger's file is not overwritten, unless adopt says so; one that was edited after destroy began is left", async () => {
    writeFileSync(path("web.iso"), "somebody's thesis");
    const its = media();
    const { inputs } = await its.check(args());
    await expect(its.handlers.create(inputs)).rejects.toMatchObject({ code: "not-ours" });
    expect(readFileSync(path("web.iso"), "utf8")).toBe("somebody's thesis");
    const adopted = (await its.check(args({ adopt: true }))).inputs;
    const { id, outs } = await its.handlers.create(adopted);
    writeFileSync(path("web.iso"), "somebody's thesis again");
    await its.handlers.delete(id, outs);
    expect(readFileSync(path("web.iso"), "utf8")).toBe("somebody's thesis again");
    expect(its.said.join()).toMatch(/left where it is/);
});

test("an image of this user's that no state has is not overwritten, unless a create of it was cut short or adopt says so", async () => {
    const { check, inputs, handlers, id, outs } = await made();
    // `pulumi stack rename`, then a new stack of the former name, in a run of its own, whose identity and output are the same.
    forgetRun();
    const newcomer = (await check(args({ args: ["other"] }))).inputs;
    expect(newcomer.uuid).toBe(inputs.uuid);
    await expect(handlers.create(newcomer)).rejects.toMatchObject({
        code: "not-ours",
        message: expect.stringMatching(/web\.iso is the image of urn:.*, and is not in this stack's state/) as string,
    });
    // A create that was refused is no proof for the next one.
    await expect(handlers.create(newcomer)).rejects.toMatchObject({ code: "not-ours" });
    // Nor may one that is elsewhere move there.
    const { inputs: there } = await check(args({ output: path("else.iso") }));
    const elsewhere = await handlers.create(there);
    const { inputs: moving } = await check(args({ args: ["other"] }), there);
    for (let attempt = 0; attempt < 2; attempt++)
        await expect(handlers.update(elsewhere.id, elsewhere.outs, moving)).rejects.toMatchObject({ code: "not-ours" });
    await handlers.delete(elsewhere.id, elsewhere.outs);
    forgetRun();
    expect(sha256(path("web.iso"))).toBe(outs.sha256);
    // It is still the other's to change and to delete.
    const { outs: changed } = await handlers.update(id, outs, (await check(args({ args: ["more"] }), inputs)).inputs);
    expect(sha256(path("web.iso"))).toBe(changed.sha256);
    const adopted = await handlers.create((await check(args({ args: ["other"], adopt: true }))).inputs);
    expect(sha256(path("web.iso"))).toBe(adopted.outs.sha256);
    await handlers.delete(id, adopted.outs);
    expect(files()).toEqual([]);
    // One that failed after its image was in its place goes on.
    mkdirSync(path("SHA256SUMS"));
    await expect(handlers.create(newcomer)).rejects.toThrow();
    expect(files()).toContain("web.iso");
    execFileSync("rmdir", [path("SHA256SUMS")]);
    const last = await handlers.create(newcomer);
    expect(last.outs.sha256).toBe(sha256(path("web.iso")));
    // So does a move.
    mkdirSync(path("folder/SHA256SUMS"), { recursive: true });
    const { inputs: further } = await check(args({ output: path("folder/web.iso") }), newcomer);
    await expect(handlers.update(last.id, last.outs, further)).rejects.toThrow();
    expect(readdirSync(path("folder"))).toContain("web.iso");
    execFileSync("rmdir", [path("folder/SHA256SUMS")]);
    const { outs: moved } = await handlers.update(last.id, last.outs, further);
    expect(moved.path).toBe(path("folder/web.iso"));
    await handlers.delete(last.id, moved);
    expect(readdirSync(path("cache/pulumi-unikernel/creations"))).toEqual([]);
});

test("an output within the source of its data image is refused", async () => {
    mkdirSync(path("site"));
    writeFileSync(path("site/page"), "hello");
    const image = await blockImageHandlers().check({}, { resourceUrn: urnOf("data"), source: path("site") });
    const data = { name: "data", digest: image.inputs.digest, format: "iso9660", access: "read", mount: "/data" };
    const { failures } = await media().check(args({ output: path("site/web.iso"), blocks: [data] }));
    expect(failures).toEqual([
        { property: "output", reason: expect.stringMatching(/lies inside of .*\/site, the source of/) as string },
    ]);
});

test("two unikernels cannot have one output", async () => {
    const { handlers } = media();
    const check = (name: string) => handlers.check({}, { resourceUrn: urnOf(name), platform: "iso", ...args() });
    forgetClaims();
    expect((await check("one")).failures).toEqual([]);
    expect((await check("two")).failures).toEqual([
        { property: "output", reason: expect.stringMatching(/already used by "one"/) as string },
    ]);
});

test("an output that is moved onto the image of another stack is refused, and that image stays", async () => {
    const theirs = media();
    const other = await theirs.check(args({ args: ["theirs"] }), {}, "other");
    const { outs } = await theirs.handlers.create(other.inputs);
    const { check, handlers, inputs, id, outs: mine } = await made({ output: path("mine.iso") });
    const next = (await check(args(), inputs)).inputs;
    await expect(handlers.update(id, mine, next)).rejects.toMatchObject({ code: "in-use" });
    expect(sha256(path("web.iso"))).toBe(outs.sha256);
    expect(sha256(path("mine.iso"))).toBe(mine.sha256);
});

test.each(["a b.iso", "quo'te\"s.iso", "$(reboot).iso", "ünï 日本.iso", "new\nline.iso"])(
    "an output called %j",
    async (name) => {
        const { handlers, id, outs } = await made({ output: path(name) });
        expect(sha256(path(name))).toBe(outs.sha256);
        expect(files()).toEqual(["SHA256SUMS", name].sort());
        await handlers.delete(id, outs);
        expect(files()).toEqual([]);
    },
);

test("a full disk leaves the old image and nothing else", async () => {
    mkdirSync(path("small"));
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=12m", "none", path("small")]);
    try {
        const { check, handlers, inputs, id, outs } = await made({ output: path("small/web.iso") });
        execFileSync("fallocate", ["-l", "16M", path("big")]);
        writeFileSync(path("big"), Buffer.alloc(16 << 20, "x"));
        const next = (
            await check(
                args({
                    output: path("small/web.iso"),
                    blocks: [{ path: path("big"), mount: "/data", format: "ext2" }],
                }),
                inputs,
            )
        ).inputs;
        await expect(handlers.update(id, outs, next)).rejects.toMatchObject({ code: "no-space" });
        expect(readdirSync(path("small")).sort()).toEqual(["SHA256SUMS", "web.iso"]);
        expect(sha256(path("small/web.iso"))).toBe(outs.sha256);
    } finally {
        execFileSync("umount", [path("small")]);
    }
});

test("a secret makes the files their owner's, and no digest in state tells it", async () => {
    const secret = { env: { PASSWORD: "hunter2" }, secrets: ["env.PASSWORD"], digestKey: "" };
    const { outs, said } = await made(secret);
    expect([path("web.iso"), path("SHA256SUMS")].map((file) => statSync(file).mode & 0o777)).toEqual([0o600, 0o600]);
    expect(outs.sha256).not.toBe(sha256(path("web.iso")));
    expect(said.join()).toMatch(/carries secrets in plain/);
    expect(JSON.stringify({ ...outs, env: undefined })).not.toContain("hunter2");
});

test("an image with a secret does so too; its medium is made anew where an earlier release told plain digests", async () => {
    writeFileSync(path("data.iso9660"), Buffer.alloc(1 << 20, "page"));
    const block = { path: path("data.iso9660"), mount: "/data" };
    const plain = await made({ blocks: [block] });
    expect(statSync(path("web.iso")).mode & 0o777).toBe(0o644);
    const secret = { blocks: [{ ...block, secret: true }], digestKey: "" };
    const { inputs } = await plain.check(args(secret), plain.inputs);
    // As it stands it is no change; the next update of any kind keys what is told.
    expect(await plain.handlers.diff(plain.id, plain.outs, inputs)).toMatchObject({ changes: false });
    const { outs } = await plain.handlers.update(plain.id, plain.outs, inputs);
    expect([path("web.iso"), path("SHA256SUMS")].map((file) => statSync(file).mode & 0o777)).toEqual([0o600, 0o600]);
    expect(outs.sha256).not.toBe(sha256(path("web.iso")));
    const known = Object.values(outs.manifest as Record<string, string>);
    expect(
        known.filter((digest) => Object.values(plain.outs.manifest as Record<string, string>).includes(digest)),
    ).toEqual([]);
    expect(plain.said.join()).toMatch(/carries secrets in plain/);
    expect(await plain.handlers.read(plain.id, outs)).toMatchObject({ id: plain.id });
    expect(
        await plain.handlers.diff(
            plain.id,
            (await plain.handlers.read(plain.id, outs)).props,
            (await plain.check(args(secret), inputs)).inputs,
        ),
    ).toMatchObject({ changes: false });
});

test("a kernel that changes while the medium is built is an error, and no medium", async () => {
    const its = media();
    const { inputs } = await its.check(args());
    writeFileSync(kernel, Buffer.concat([readFileSync(kernel), Buffer.from("rebuilt")]));
    await expect(its.handlers.create(inputs)).rejects.toMatchObject({ code: "changed" });
    expect(files()).toEqual([]);
});

test("linux: memory that the machine needs for its data images is said", async () => {
    const { kernel: linux, initrd } = await nginxGuest();
    writeFileSync(path("data.ext2"), Buffer.alloc(1 << 20));
    const its = media();
    const { inputs, failures } = await its.check({
        kernel: linux,
        initrd,
        args: ["nginx"],
        memory: 256,
        output: path("web.iso"),
        blocks: [{ path: path("data.ext2"), mount: "/data", format: "ext2" }],
    });
    expect(failures).toEqual([]);
    await its.handlers.create(inputs);
    expect(its.said.join()).toMatch(/needs about \d+ MiB of memory/);
    expect(existsSync(path("web.iso"))).toBe(true);
});

test("what GRUB cannot pass as it is, is refused at preview", async () => {
    const { buildTestKernels } = await import("../guests/build.mjs");
    const { rawKernel } = await buildTestKernels();
    const { failures } = await media().check({
        kernel: rawKernel,
        guest: "raw",
        args: ['say="a b"'],
        output: path("web.iso"),
    });
    expect(failures).toEqual([
        { property: "args", reason: expect.stringMatching(/GRUB cannot pass this command line/) as string },
    ]);
});

test("two data images of one base name both travel", async () => {
    for (const folder of ["one", "two"]) {
        mkdirSync(path(folder));
        writeFileSync(path(folder, "disk.img"), Buffer.alloc(1 << 20, folder));
    }
    const { outs } = await made({
        blocks: ["one", "two"].map((folder) => ({
            path: path(folder, "disk.img"),
            mount: `/${folder}`,
            format: "ext2",
        })),
    });
    const images = Object.keys(outs.manifest as object).filter((name) => name.startsWith("/images/"));
    expect(images).toHaveLength(2);
    for (const [index, folder] of ["one", "two"].entries()) {
        execFileSync(
            "xorriso",
            ["-osirrox", "on", "-indev", path("web.iso"), "-extract", images.sort()[index]!, path(`${folder}.out`)],
            { stdio: "ignore" },
        );
        expect(sha256(path(`${folder}.out`))).toBe(sha256(path(folder, "disk.img")));
    }
});
