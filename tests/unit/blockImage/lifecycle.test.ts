import { execFileSync } from "node:child_process";
import promises, {
    appendFile,
    chmod,
    cp,
    mkdir,
    readdir,
    readFile,
    rm,
    stat,
    truncate,
    writeFile,
} from "node:fs/promises";
import { blockImageHandlers } from "../../../core/blockImage";
import { forgetRun } from "../../../core/identityOwners";
import { cachePath, loadManifest } from "../../../images";
import { workspace } from "../images/workspace";

const { path, plant } = workspace();
afterEach(() => void jest.restoreAllMocks());
const said: string[] = [];
const handlers = blockImageHandlers({ log: (message) => said.push(message) });
const urnOf = (name: string, stack = "dev"): string =>
    `urn:pulumi:${stack}::site::pulumi-unikernel:index:BlockImage::${name}`;

type Properties = Record<string, unknown>;
interface Resource {
    id: string;
    inputs: Properties;
    outs: Properties;
}

async function checked(news: Properties, olds: Properties = {}): Promise<Properties> {
    const { inputs, failures } = await handlers.check(olds, { resourceUrn: urnOf("data"), ...news });
    expect(failures).toEqual([]);
    return inputs;
}

async function up(news: Properties): Promise<Resource> {
    const inputs = await checked(news);
    return { inputs, ...(await handlers.create(inputs)) };
}

/** The next `up`: updates only where diff says so, or says that inputs differ. */
async function again({ id, inputs, outs }: Resource, news: Properties): Promise<Resource & { updated: boolean }> {
    const next = await checked(news, inputs);
    const { changes, replaces } = await handlers.diff(id, outs, next);
    expect(replaces).toEqual([]);
    if (changes === undefined) expect(next).not.toEqual(inputs);
    const updated = changes !== false;
    return { id, inputs: next, updated, outs: updated ? (await handlers.update(id, outs, next)).outs : outs };
}

const rooms = (room: string): Promise<string[]> => readdir(path("cache/pulumi-unikernel", room)).catch(() => []);

/** Everything of ours but the remembered hashes of the user's own files. */
async function left(): Promise<string[]> {
    return (await Promise.all(["images", "users", "built", "manifests"].map(rooms))).flat();
}

beforeEach(() => said.splice(0));

test("create, nothing to do, change, nothing to do, destroy: nothing is left", async () => {
    const source = await plant("data", { "index.html": "one" });
    const first = await up({ source });
    const { manifest: _, ...inputs } = first.inputs;
    expect(first.outs).toEqual({
        ...inputs,
        path: cachePath(String(inputs.digest), "iso9660"),
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        size: (await stat(String(first.outs.path))).size,
    });
    expect(await again(first, { source })).toMatchObject({ updated: false });
    await writeFile(`${source}/index.html`, "two");
    const second = await again(first, { source });
    expect(second.updated).toBe(true);
    expect(await rooms("images")).toEqual([`${String(second.inputs.digest)}.iso`]);
    expect(await loadManifest(String(first.inputs.digest))).toEqual(first.inputs.manifest);
    expect(await again(second, { source })).toMatchObject({ updated: false });
    expect(await handlers.read(second.id, second.outs)).toEqual({ id: second.id, props: second.outs });
    await handlers.delete(second.id, second.outs);
    expect(await left()).toEqual([]);
    await handlers.delete(second.id, second.outs);
});

test.each<[string, (file: string) => Promise<unknown>]>([
    ["lost", (file) => rm(file)],
    ["truncated", (file) => truncate(file, 100)],
    [
        "overwritten",
        async (file) => {
            const bytes = await readFile(file);
            await writeFile(file, bytes.fill(7, 0, 10));
        },
    ],
    ["lost with the whole cache", () => rm(path("cache"), { recursive: true })],
])("a file that was %s is built again, with the same digest and bytes", async (_, spoil) => {
    const source = { a: "a" };
    const first = await up({ source });
    const bytes = await readFile(String(first.outs.path));
    await spoil(String(first.outs.path));
    const second = await again(first, { source });
    expect(second).toEqual({ ...first, updated: true });
    expect(await readFile(String(second.outs.path))).toEqual(bytes);
});

test("a touched but equal file is left alone, and a moved source is no change", async () => {
    const source = await plant("data", { a: "a" });
    const first = await up({ source });
    const { mtimeMs } = await stat(String(first.outs.path));
    await cp(source, path("moved"), { recursive: true });
    expect(await again(first, { source: path("moved") })).toMatchObject({ updated: false });
    await chmod(String(first.outs.path), 0o600);
    expect(await again(first, { source })).toMatchObject({ updated: false });
    expect((await stat(String(first.outs.path))).mtimeMs).toBe(mtimeMs);
});

test("two stacks share one file, and the last one removes it", async () => {
    const one = await up({ source: { a: "a" }, resourceUrn: urnOf("data", "one") });
    const { mtimeMs } = await stat(String(one.outs.path));
    const two = await up({ source: { a: "a" }, resourceUrn: urnOf("data", "two") });
    expect(two.outs.path).toBe(one.outs.path);
    expect((await stat(String(one.outs.path))).mtimeMs).toBe(mtimeMs);
    await handlers.delete(one.id, one.outs);
    expect(await rooms("images")).toHaveLength(1);
    await handlers.delete(two.id, two.outs);
    expect(await left()).toEqual([]);
});

test("a create that fails leaves nothing", async () => {
    const source = await plant("data", { a: "a" });
    const inputs = await checked({ source });
    await appendFile(`${source}/a`, "more");
    await expect(handlers.create(inputs)).rejects.toMatchObject({ code: "changed" });
    expect((await left()).filter((name) => !name.includes(String(inputs.digest)))).toEqual([]);
    expect(await rooms("images")).toEqual([]);
});

test("a full cache disk is said with its figures, and leaves nothing of the image", async () => {
    await mkdir(path("small"));
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "none", path("small")]);
    try {
        process.env.XDG_CACHE_HOME = path("small");
        const inputs = await checked({ source: { a: "x".repeat(2 << 20) } });
        await expect(handlers.create(inputs)).rejects.toMatchObject({
            code: "no-space",
            hint: expect.stringMatching(/bytes free and about 2097152 are needed/),
        });
        expect(
            (await readdir(path("small/pulumi-unikernel"), { recursive: true })).filter((name) =>
                /images\/|users\/|built\//.test(name),
            ),
        ).toEqual([]);
        await writeFile(path("small/fill"), Buffer.alloc(1 << 20)).catch(() => undefined);
        await expect(handlers.create(inputs)).rejects.toMatchObject({ code: "no-space" });
    } finally {
        execFileSync("umount", [path("small")]);
    }
});

test("stacks that come and go at once on one image all succeed, and leave nothing", async () => {
    await Promise.all(
        Array.from({ length: 6 }, async (_, index) => {
            for (let round = 0; round < 3; round++) {
                const { id, outs } = await up({ source: { a: "a" }, resourceUrn: urnOf("data", `stack${index}`) });
                expect((await stat(String(outs.path))).size).toBe(outs.size);
                await handlers.delete(id, outs);
            }
        }),
    );
    expect((await Promise.all(["images", "users", "built"].map(rooms))).flat()).toEqual([]);
});

test("a delete succeeds while another create writes the manifest of its image", async () => {
    const { id, outs } = await up({ source: { a: "a" } });
    const taken = Object.assign(new Error("directory not empty, rmdir"), { code: "ENOTEMPTY", syscall: "rmdir" });
    const { rm } = promises;
    jest.spyOn(promises, "rm").mockImplementation((file, options) =>
        String(file).endsWith("/manifests") ? Promise.reject(taken) : rm(file, options),
    );
    await handlers.delete(id, outs);
    expect(promises.rm).toHaveBeenCalledWith(expect.stringMatching(/\/manifests$/), expect.anything());
    expect((await Promise.all(["images", "users", "built"].map(rooms))).flat()).toEqual([]);
});

test("an update that fails keeps the old image", async () => {
    const source = await plant("data", { a: "a" });
    const first = await up({ source });
    await writeFile(`${source}/a`, "two");
    const next = await checked({ source }, first.inputs);
    await writeFile(`${source}/a`, "three");
    await expect(handlers.update(first.id, first.outs, next)).rejects.toMatchObject({ code: "changed" });
    expect(await rooms("images")).toEqual([`${String(first.inputs.digest)}.iso`]);
    await handlers.delete(first.id, first.outs);
    expect(await left()).toEqual([]);
});

describe("output", () => {
    const source = { a: "a" };
    const output = (): string => path("image.iso");

    test("is the file, moves, and goes", async () => {
        const first = await up({ source, output: output() });
        expect(first.outs.path).toBe(output());
        expect(await rooms("images")).toEqual([]);
        const second = await again(first, { source: { a: "b" }, output: output() });
        expect(await readFile(output())).not.toEqual(first);
        const third = await again(second, { source: { a: "b" }, output: path("moved.iso") });
        expect((await readdir(path())).sort()).toEqual(["cache", "moved.iso"]);
        const fourth = await again(third, { source: { a: "b" } });
        expect((await readdir(path())).sort()).toEqual(["cache"]);
        await handlers.delete(fourth.id, fourth.outs);
        expect(await left()).toEqual([]);
    });

    test("a file that someone changed is not overwritten, and not removed", async () => {
        const first = await up({ source, output: output() });
        await writeFile(output(), "my own work");
        const next = await checked({ source: { a: "b" }, output: output() }, first.inputs);
        expect(await handlers.diff(first.id, first.outs, next)).toMatchObject({ changes: undefined });
        await expect(handlers.update(first.id, first.outs, next)).rejects.toMatchObject({
            code: "not-ours",
            property: "output",
        });
        await handlers.delete(first.id, first.outs);
        expect(await readFile(output(), "utf8")).toBe("my own work");
        expect(said).toEqual([expect.stringMatching(/image\.iso was changed.*left/)]);
        expect(await left()).toEqual([]);
    });

    test("is known as ours by state, where the cache folder is lost", async () => {
        const first = await up({ source, output: output() });
        await rm(path("cache"), { recursive: true });
        const second = await again(first, { source: { a: "b" }, output: output() });
        expect(second.updated).toBe(true);
        await rm(path("cache"), { recursive: true });
        await handlers.delete(second.id, second.outs);
        expect(await readdir(path())).not.toContain("image.iso");
    });

    const refusedAs = (urn: string): RegExp =>
        new RegExp(`image\\.iso is the image of ${urn}, and is not in this stack's state`);

    test.each(["not deployed since", "deployed since"])(
        "of a stack that was renamed (%s) is not overwritten by a new one of the former name, and stays the first one's",
        async (deployed) => {
            let prod = await up({ source, output: output() });
            if (deployed === "deployed since")
                prod = await again(prod, { source, output: output(), resourceUrn: urnOf("data", "prod") });
            const holder = urnOf("data", deployed === "deployed since" ? "prod" : "dev");
            const bytes = await readFile(output());
            // A run of its own, whose state has nothing, and whose URN is the one that the first stack had.
            forgetRun();
            const news = { resourceUrn: urnOf("data"), source: { a: "b" }, output: output() };
            const { inputs, failures } = await handlers.check({}, news);
            expect(failures).toEqual([{ property: "output", reason: expect.stringMatching(refusedAs(holder)) }]);
            expect(failures[0]?.reason).toMatch(/choose another output here.*remove the file/);
            // One that was refused is no proof for the next one.
            for (let attempt = 0; attempt < 2; attempt++)
                await expect(handlers.create(inputs)).rejects.toMatchObject({
                    code: "not-ours",
                    message: expect.stringMatching(refusedAs(holder)) as string,
                });
            // Nor may it move there.
            const dev = await up({ ...news, output: path("dev.iso") });
            const moved = await handlers.check(dev.inputs, news);
            expect(moved.failures).toEqual([{ property: "output", reason: expect.stringMatching(refusedAs(holder)) }]);
            for (let attempt = 0; attempt < 2; attempt++)
                await expect(handlers.update(dev.id, dev.outs, moved.inputs)).rejects.toMatchObject({
                    code: "not-ours",
                });
            expect(await readFile(output())).toEqual(bytes);
            await handlers.delete(dev.id, dev.outs);

            // The first one keeps, changes and removes it.
            forgetRun();
            const prodUrn = urnOf("data", "prod");
            prod = await again(prod, { source, output: output(), resourceUrn: prodUrn });
            prod = await again(prod, { source: { a: "c" }, output: output(), resourceUrn: prodUrn });
            expect(await readFile(output())).not.toEqual(bytes);
            await handlers.delete(prod.id, prod.outs);
            expect([await left(), await rooms("creations"), await readdir(path())]).toEqual([[], [], ["cache"]]);
        },
    );

    test("removed, as the error says, is built", async () => {
        await up({ source, output: output() });
        forgetRun();
        await rm(output());
        expect((await up({ source: { a: "b" }, output: output() })).outs).toMatchObject({ path: output() });
    });

    test("to which a move had come, and failed then, is the next update's", async () => {
        await mkdir(path("old"));
        execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m", "none", path("old")]);
        try {
            const first = await up({ source, output: path("old/image.iso") });
            const moved = await checked({ source: { a: "b" }, output: output() }, first.inputs);
            execFileSync("mount", ["-o", "remount,ro", path("old")]);
            await expect(handlers.update(first.id, first.outs, moved)).rejects.toThrow(/EROFS|read-only|remove/i);
            expect(await readdir(path())).toContain("image.iso");
            execFileSync("mount", ["-o", "remount,rw", path("old")]);
            forgetRun();
            // It proves nothing to a create.
            expect(
                (await handlers.check({}, { resourceUrn: urnOf("data"), source, output: output() })).failures,
            ).toEqual([{ property: "output", reason: expect.stringMatching(refusedAs(urnOf("data"))) }]);
            const second = await again(first, { source: { a: "c" }, output: output() });
            expect([await readdir(path("old")), await rooms("creations")]).toEqual([[], []]);
            await handlers.delete(second.id, second.outs);
            expect(await left()).toEqual([]);
        } finally {
            execFileSync("umount", [path("old")]);
        }
    });

    test("of a replacement in the same run is written, as one that state has", async () => {
        const first = await up({ source, output: output() });
        await checked({ source, output: output() }, first.inputs);
        // The engine shows the second check of a replacement nothing of what there was.
        expect((await up({ source: { a: "b" }, output: output() })).outs).toMatchObject({ path: output() });
    });

    test("of a resource that the engine was told to replace is written", async () => {
        await up({ source, output: output() });
        const told = blockImageHandlers({ log: () => undefined, isReplaced: (urn) => urn === urnOf("data") });
        const { inputs, failures } = await told.check(
            {},
            { resourceUrn: urnOf("data"), source: { a: "b" }, output: output() },
        );
        expect(failures).toEqual([]);
        expect((await told.create(inputs)).outs).toMatchObject({ path: output() });
    });

    test("of another resource is refused, naming it", async () => {
        const first = await up({ source, output: output() });
        const other = urnOf("data", "other");
        const { failures } = await handlers.check({}, { resourceUrn: other, source, output: output() });
        expect(failures).toEqual([{ property: "output", reason: expect.stringContaining(urnOf("data")) }]);
        await handlers.delete(first.id, first.outs);
        expect((await handlers.check({}, { resourceUrn: other, source, output: output() })).failures).toEqual([]);
    });

    test("appears between check and create: refused", async () => {
        const inputs = await checked({ source, output: output() });
        await writeFile(output(), "my own work");
        await expect(handlers.create(inputs)).rejects.toMatchObject({ code: "not-ours" });
        expect(await readFile(output(), "utf8")).toBe("my own work");
    });

    test("and our record of it cannot be written: the old file stays", async () => {
        await mkdir(path("deep"));
        const first = await up({ source, output: path("deep/image.iso") });
        const bytes = await readFile(path("deep/image.iso"));
        await rm(path("cache/pulumi-unikernel/built"), { recursive: true });
        await writeFile(path("cache/pulumi-unikernel/built"), "in the way");
        const next = await checked({ source: { a: "b" }, output: path("deep/image.iso") }, first.inputs);
        await expect(handlers.update(first.id, first.outs, next)).rejects.toThrow(/built/);
        expect(await readFile(path("deep/image.iso"))).toEqual(bytes);
        expect(await readdir(path("deep"))).toEqual(["image.iso"]);
    });
});

test("an image with secrets: its hash in state is keyed, and the life is the same", async () => {
    const news = { source: { pin: "1234" }, secrets: ['source["pin"]'], digestKey: "", output: path("secret.iso") };
    const first = await up(news);
    expect((await stat(path("secret.iso"))).mode & 0o777).toBe(0o600);
    const plain = await up({ source: { pin: "1234" }, resourceUrn: urnOf("plain") });
    expect(first.outs.sha256).not.toBe(plain.outs.sha256);
    expect(await again(first, news)).toMatchObject({ updated: false });
    await rm(path("cache"), { recursive: true });
    const second = await again(first, news);
    await handlers.delete(second.id, second.outs);
    expect(await readdir(path())).not.toContain("secret.iso");
});
