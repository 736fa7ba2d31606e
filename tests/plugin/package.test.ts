import { lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { nginxGuest } from "../e2e/guests";
import { withStack } from "../support/engine";
import type { LibvirtHost } from "../support/libvirtHost";
import { startLibvirtHost } from "../support/libvirtHost";
import { capture, must } from "../support/processes";

const repository = resolve(__dirname, "../..");
jest.setTimeout(900_000);

interface Packed {
    size: number;
    unpackedSize: number;
    files: { path: string; mode: number }[];
}

let host: LibvirtHost;
let scratch: string;
let tarball: string;
let packed: Packed;
let modules: string;

beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), "pulumi-unikernel-package-"));
    await release("--into", join(scratch, "release"));
    tarball = join(scratch, "release", `pulumi-unikernel-${await version()}.tgz`);
    [packed] = JSON.parse(await npm(repository, "pack", "--json", "--ignore-scripts", "--dry-run")) as [Packed];
    const installed = join(scratch, "installed");
    await mkdir(installed);
    await writeFile(join(installed, "package.json"), JSON.stringify({ name: "installed", private: true }));
    await npm(installed, "install", "--prefer-offline", "--no-audit", "--no-fund", tarball);
    modules = join(installed, "node_modules");
    host = await startLibvirtHost();
});
afterAll(async () => {
    await host?.close();
    await rm(scratch, { recursive: true, force: true });
});

const version = async (): Promise<string> =>
    (JSON.parse(await readFile(join(repository, "package.json"), "utf8")) as { version: string }).version;

const release = (...args: string[]) =>
    capture(process.execPath, [join(repository, "tools/package.mjs"), "--no-build", ...args]);

async function npm(cwd: string, ...args: string[]): Promise<string> {
    const { execa } = await import("execa");
    return (await execa("npm", args, { cwd, timeout: 180_000, stdin: "ignore" })).stdout;
}

/** Declarations that others of the tarball import, and that it lacks. */
async function missingTypes(paths: string[]): Promise<string[]> {
    const missing: string[] = [];
    const seen = new Set<string>();
    const read = async (path: string): Promise<void> => {
        if (seen.has(path)) return;
        seen.add(path);
        const text = await readFile(join(repository, path), "utf8");
        for (const [, from = ""] of text.matchAll(/(?:from |import\()"(\.[^"]+)"/g)) {
            const target = join(path, "..", from.replace(/\.js$/, ""));
            const found = [`${target}.d.ts`, `${target}/index.d.ts`].find((name) => paths.includes(name));
            if (found) await read(found);
            else missing.push(`${target} of ${path}`);
        }
    };
    await read("dist/index.d.ts");
    return missing;
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
    expect(await missingTypes(paths)).toEqual([]);
    expect(packed.files.find(({ path }) => path === "bin/pulumi-resource-unikernel")?.mode).toBe(0o755);
    expect(packed.size).toBeLessThan(720_000);
    // What publishes a plugin to download is not claimed: the engine would look for it, for dynamic providers too.
    expect(JSON.parse(await readFile(join(repository, "package.json"), "utf8"))).not.toHaveProperty("pulumi");
});

test("a release is the tarball, its SBOM, their sums and the changelog's text", async () => {
    const name = `pulumi-unikernel-${await version()}`;
    const folder = join(scratch, "release");
    expect((await readdir(folder)).sort()).toEqual(
        ["NOTES.md", "SHA256SUMS", `${name}.cdx.json`, `${name}.tgz`].sort(),
    );
    expect(await must("sh", ["-c", 'cd "$1" && sha256sum --check --strict SHA256SUMS', "sh", folder])).toBe(
        `${name}.tgz: OK\n${name}.cdx.json: OK\n`,
    );
    const { metadata, components } = JSON.parse(await readFile(join(folder, `${name}.cdx.json`), "utf8")) as {
        metadata: { component: object };
        components: { name: string }[];
    };
    expect(metadata.component).toMatchObject({ name: "pulumi-unikernel", version: await version() });
    const { dependencies } = JSON.parse(await readFile(join(repository, "package.json"), "utf8")) as {
        dependencies: Record<string, string>;
    };
    expect(components.map((component) => component.name)).toEqual(expect.arrayContaining(Object.keys(dependencies)));
    expect(components.map((component) => component.name)).not.toContain("jest");
});

test("a tag of another version and a folder with files are refused", async () => {
    const refused = async (...args: string[]) => {
        const { code, stderr } = await release(...args);
        return { code, stderr: stderr.trim() };
    };
    expect(await refused("--into", join(scratch, "other"), "--tag", "v0.0.1")).toEqual({
        code: 1,
        stderr: `found the tag v0.0.1; expected v${await version()}, the version in package.json`,
    });
    expect(await refused("--into", join(scratch, "release"))).toEqual({
        code: 1,
        stderr: expect.stringContaining("expected an empty folder"),
    });
});

test("both executables run where it was installed, and its SDK came with it", async () => {
    expect((await must(join(modules, ".bin/pulumi-resource-unikernel"), ["--version"])).trim()).toBe(await version());
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
        { enter: host.enter, env: { ...host.env }, config, leave: true },
    );
    await host.removeGuests();
});
