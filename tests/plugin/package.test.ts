import { lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { nginxGuest } from "../e2e/guests";
import { withStack } from "../support/engine";
import type { LibvirtHost } from "../support/libvirtHost";
import { startLibvirtHost } from "../support/libvirtHost";
import { must } from "../support/processes";

const repository = resolve(__dirname, "../..");
jest.setTimeout(300_000);

interface Packed {
    filename: string;
    size: number;
    unpackedSize: number;
    files: { path: string; mode: number }[];
}

let host: LibvirtHost;
let scratch: string;
let packed: Packed;
let modules: string;

beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), "pulumi-unikernel-package-"));
    [packed] = JSON.parse(
        await npm(repository, "pack", "--json", "--ignore-scripts", "--pack-destination", scratch),
    ) as [Packed];
    const installed = join(scratch, "installed");
    await mkdir(installed);
    await writeFile(join(installed, "package.json"), JSON.stringify({ name: "installed", private: true }));
    await npm(installed, "install", "--prefer-offline", "--no-audit", "--no-fund", join(scratch, packed.filename));
    modules = join(installed, "node_modules");
    host = await startLibvirtHost();
});
afterAll(async () => {
    await host?.close();
    await rm(scratch, { recursive: true, force: true });
});

async function npm(cwd: string, ...args: string[]): Promise<string> {
    const { execa } = await import("execa");
    return (await execa("npm", args, { cwd, timeout: 180_000, stdin: "ignore" })).stdout;
}

test("the tarball has what runs, and nothing else", async () => {
    const paths = packed.files.map(({ path }) => path);
    expect(paths).toEqual(
        expect.arrayContaining([
            "README.md",
            "LICENSE",
            "schema.json",
            "dist/index.js",
            "dist/index.d.ts",
            "dist/provider/plugin/main.js",
        ]),
    );
    expect(
        paths.filter((path) => !/^(bin|dist|docs)\/|^(README\.md|LICENSE|schema\.json|package\.json)$/.test(path)),
    ).toEqual([]);
    expect(paths.filter((path) => /\.map$|\.test\.|^docs\/dev\/|\/tests?\/|(?<!\.d)\.ts$|(^|\/)\./.test(path))).toEqual(
        [],
    );
    expect(packed.files.find(({ path }) => path === "bin/pulumi-resource-unikernel")?.mode).toBe(0o755);
    expect(packed.size).toBeLessThan(600_000);
    // What publishes a plugin to download is not claimed: the engine would look for it, for dynamic providers too.
    expect(JSON.parse(await readFile(join(repository, "package.json"), "utf8"))).not.toHaveProperty("pulumi");
});

test("publint finds nothing", async () => {
    const said = await must(process.execPath, [
        join(repository, "node_modules/publint/src/cli.js"),
        join(scratch, packed.filename),
        "--strict",
    ]);
    expect(said).toContain("All good!");
});

test("both executables run where it was installed, and its SDK came with it", async () => {
    const { version } = JSON.parse(await readFile(join(repository, "package.json"), "utf8")) as { version: string };
    expect((await must(join(modules, ".bin/pulumi-resource-unikernel"), ["--version"])).trim()).toBe(version);
    expect(await must(join(modules, ".bin/pulumi-unikernel"), ["--help"])).toContain("doctor");
    expect((await lstat(join(modules, "pulumi-unikernel"))).isSymbolicLink()).toBe(false);
    expect(await readdir(join(modules, "@pulumi"))).toContain("pulumi");
});

test.each([
    ["dynamic providers", "examples/one-guest", 2],
    ["the plugin, by the path that Pulumi.yaml names", "tests/plugin/programs/installed", 2],
])("nginx from what was installed, by %s", async (_, program, resources) => {
    const config = { connection: host.uri, guest: await nginxGuest() };
    await withStack(
        program,
        "installed",
        async (stack) => {
            await rm(join(stack.folder, "node_modules"), { recursive: true, force: true });
            await symlink(modules, join(stack.folder, "node_modules"));
            expect((await stack.up()).changes).toEqual({ create: resources + 1 });
            const { url } = await stack.outputs<{ url: string }>();
            const { stdout } = await host.exec("curl", ["--silent", "--show-error", "--fail", "--max-time", "20", url]);
            expect(stdout).toContain("This guest runs");
        },
        { enter: host.enter, env: { ...host.env }, config },
    );
    expect(await host.virsh("list", "--all", "--name")).toBe("");
});
