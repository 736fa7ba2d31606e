import {
    existsSync,
    mkdirSync,
    mkdtempSync,
    readFileSync,
    readlinkSync,
    realpathSync,
    rmSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const tools = path.resolve(__dirname, "../../../tools");

let scratch: string;
beforeEach(() => {
    scratch = mkdtempSync(path.join(tmpdir(), "pulumi-unikernel-tools-"));
});
afterEach(() => rmSync(scratch, { recursive: true }));

/** A program that prints a line. */
function program(folder: string, name: string, says: string): string {
    mkdirSync(folder, { recursive: true });
    const file = path.join(folder, name);
    writeFileSync(file, `#!/bin/sh\necho ${says}\n`, { mode: 0o755 });
    return file;
}

describe("the engine", () => {
    test.each([
        ["v3.200.0", true],
        ["3.259.0\n", true],
        ["v3.199.9", false],
        ["v3.1000.0-alpha.1", true],
        ["v4.0.0", false],
        ["v2.300.0", false],
        ["", false],
        ["dev", false],
    ])("version %j will do: %s", async (version, wanted) => {
        expect((await import("../../../tools/engine.mjs")).willDo(version)).toBe(wanted);
    });

    test.each([
        { onPath: "v3.220.0", host: true, kept: undefined, found: "onPath" },
        { onPath: "v3.220.0", host: true, kept: "v3.259.0", found: "onPath" },
        { onPath: "v3.100.0", host: true, kept: "v3.259.0", found: "kept" },
        { onPath: "v3.220.0", host: false, kept: "v3.259.0", found: "kept" },
        { onPath: undefined, host: false, kept: "v3.259.0", found: "kept" },
        { onPath: "v3.100.0", host: true, kept: undefined, found: undefined },
        { onPath: undefined, host: false, kept: undefined, found: undefined },
    ])(
        "$onPath on PATH (language host: $host) and $kept kept: $found is used",
        async ({ onPath, host, kept, found }) => {
            const { findEngine, engineEnv, engineFolder } = await import("../../../tools/engine.mjs");
            const folder = path.join(scratch, "bin");
            const env = { XDG_CACHE_HOME: path.join(scratch, "cache"), PATH: `${folder}:/bin` };
            if (onPath) program(folder, "pulumi", onPath);
            if (host) program(folder, "pulumi-language-nodejs", "");
            if (kept) for (const name of ["pulumi", "pulumi-language-nodejs"]) program(engineFolder(env), name, kept);
            const programs = { onPath: path.join(folder, "pulumi"), kept: path.join(engineFolder(env), "pulumi") };
            expect(findEngine(env)?.program).toBe(found && programs[found as keyof typeof programs]);
            if (found === undefined) expect(() => engineEnv(env)).toThrow("npm run setup");
            else expect(engineEnv(env).PATH.split(":")[0]).toBe(path.dirname(programs[found as keyof typeof programs]));
        },
    );

    test.each([
        ["linux", "x64", "pulumi-v3.259.0-linux-x64.tar.gz"],
        ["darwin", "arm64", "pulumi-v3.259.0-darwin-arm64.tar.gz"],
        ["linux", "riscv64", undefined],
        ["freebsd", "x64", undefined],
    ])("the release for %s %s is %s", async (platform, arch, name) => {
        expect((await import("../../../tools/setup/pulumi.mjs")).releaseName("v3.259.0", platform, arch)).toBe(name);
    });

    test("a checksum is that of the whole name", async () => {
        const { checksumOf } = await import("../../../tools/setup/pulumi.mjs");
        const listing = "aa  pulumi-linux.tar.gz.sig\nbb  pulumi-linux.tar.gz\ncc *other\n";
        expect(["pulumi-linux.tar.gz", "other", "linux.tar.gz"].map((name) => checksumOf(listing, name))).toEqual([
            "bb",
            "cc",
            undefined,
        ]);
    });

    test("the language host is linked, and linked again when it points elsewhere", async () => {
        const { linkLanguageHost } = await import("../../../tools/setup/pulumi.mjs");
        const link = path.join(scratch, "pulumi-language-nodejs");
        linkLanguageHost(scratch);
        rmSync(link);
        writeFileSync(link, "an old copy");
        linkLanguageHost(scratch);
        expect(readlinkSync(link)).toBe(path.join(tools, "language-host/pulumi-language-nodejs"));
    });

    test.each([
        ["go1.22", [1, 22, 0]],
        ["go1.25.11", [1, 25, 11]],
        ["go version go1.21.3 linux/amd64", [1, 21, 3]],
        ["", undefined],
    ])("%j is Go %j", async (text, version) => {
        expect((await import("../../../tools/setup/go.mjs")).parseGoVersion(text)).toEqual(version);
    });

    test.each([
        { gos: ["1.26.0"], chosen: ["0", "local"] },
        { gos: ["1.25.11"], chosen: ["0", "local"] },
        { gos: ["1.21.0"], chosen: ["0", "auto"] },
        { gos: ["1.25.10", "1.25.12"], chosen: ["1", "local"] },
        { gos: ["1.19.8"], chosen: undefined },
        { gos: [], chosen: undefined },
    ])("of Go $gos, $chosen builds what needs 1.25.11", async ({ gos, chosen }) => {
        const { chooseGo } = await import("../../../tools/setup/go.mjs");
        const found = chooseGo(
            gos.map((version, index) => ({ program: String(index), version: version.split(".").map(Number) })),
            [1, 25, 11],
        );
        expect(found && [found.program, found.toolchain]).toEqual(chosen);
    });
});

describe("npm's packages and ours", () => {
    test.each([
        { name: "as locked", installed: { a: "1", b: "2" }, stale: [] },
        { name: "one is older", installed: { a: "1", b: "1" }, stale: ["node_modules/b"] },
        { name: "nothing installed", installed: undefined, stale: ["node_modules/a", "node_modules/b"] },
        { name: "something more", installed: { a: "1", b: "2", c: "3" }, stale: [] },
    ] as { name: string; installed?: Record<string, string>; stale: string[] }[])(
        "stale when $name: $stale",
        async ({ installed, stale }) => {
            const { stalePackages } = await import("../../../tools/setup/node.mjs");
            const packages = (versions: Record<string, string>): Record<string, { version: string }> =>
                Object.fromEntries(
                    Object.entries(versions).map(([name, version]) => [`node_modules/${name}`, { version }]),
                );
            const lock = {
                packages: {
                    "": { version: "0" },
                    ...packages({ a: "1", b: "2" }),
                    "node_modules/other-system": { version: "1", optional: true },
                },
            };
            expect(stalePackages(lock, installed ? { packages: packages(installed) } : {})).toEqual(stale);
        },
    );

    test("the build is stale when a source changes, appears or goes, and only then", async () => {
        const { sourceDigest } = await import("../../../tools/setup/node.mjs");
        mkdirSync(path.join(scratch, "core/deep"), { recursive: true });
        writeFileSync(path.join(scratch, "tsconfig.json"), JSON.stringify({ include: ["index.ts", "core", "absent"] }));
        for (const file of ["package-lock.json", "index.ts", "core/deep/a.ts"])
            writeFileSync(path.join(scratch, file), "1");
        const seen = [sourceDigest(scratch)];
        const change = (file: string, text?: string): void => {
            if (text === undefined) rmSync(path.join(scratch, file));
            else writeFileSync(path.join(scratch, file), text);
            seen.push(sourceDigest(scratch));
        };
        change("core/notes.md", "not a source");
        expect(new Set(seen).size).toBe(1);
        change("core/deep/a.ts", "2");
        change("core/b.ts", "1");
        change("index.ts");
        expect(new Set(seen).size).toBe(4);
        change("index.ts", "1");
        change("core/b.ts");
        change("core/deep/a.ts", "1");
        expect(seen.at(-1)).toBe(seen[0]);
    });

    test("an example's dependencies lead to the checkout; what is not there is named", async () => {
        const { linkExample } = await import("../../../tools/setup/node.mjs");
        const example = path.join(scratch, "examples/one");
        const manifest = (dependencies: object): void =>
            writeFileSync(path.join(example, "package.json"), JSON.stringify({ dependencies }));
        mkdirSync(path.join(scratch, "node_modules/@pulumi/pulumi"), { recursive: true });
        // A copy that npm left there would be a second SDK.
        mkdirSync(path.join(example, "node_modules/@pulumi/pulumi/lib"), { recursive: true });
        manifest({ "pulumi-unikernel": "file:../..", "@pulumi/pulumi": "^3.0.0" });
        expect(linkExample(scratch, example)).toBe(2);
        expect(realpathSync(path.join(example, "node_modules/pulumi-unikernel"))).toBe(realpathSync(scratch));
        expect(realpathSync(path.join(example, "node_modules/@pulumi/pulumi"))).toBe(
            realpathSync(path.join(scratch, "node_modules/@pulumi/pulumi")),
        );
        expect(linkExample(scratch, example)).toBe(0);
        manifest({ "left-pad": "1" });
        expect(() => linkExample(scratch, example)).toThrow("examples/one depends on left-pad");
    });
});

test("dpkg's word decides what is missing", async () => {
    const { missingPackages } = await import("../../../tools/setup/debian.mjs");
    expect(missingPackages(["dpkg", "no-such-package-at-all", "libc6"])).toEqual(["no-such-package-at-all"]);
});

test("tools/env.mjs prints what a shell can take", async () => {
    const { execa } = await import("execa");
    const odd = path.join(scratch, "it's odd $HOME");
    program(odd, "pulumi", "v3.250.0");
    program(odd, "pulumi-language-nodejs", "");
    const env = { PATH: `${odd}:${process.env.PATH}` };
    const { stdout } = await execa(
        "sh",
        ["-c", `eval "$("$0" "$1")"; command -v pulumi`, process.execPath, path.join(tools, "env.mjs")],
        { env },
    );
    expect(stdout).toBe(path.join(odd, "pulumi"));
    expect(existsSync(stdout) && readFileSync(stdout, "utf8")).toContain("v3.250.0");
});

test.each([
    ["the module file that is built", readFileSync(path.join(tools, "yaml-build/go.mod"), "utf8"), /^v1\.\d+\.\d+$/],
    ["one without the module", "module x\n\ngo 1.25\n", undefined],
])("the version of YAML's language host comes from %s", async (_, goMod, wanted) => {
    const { yamlVersion } = await import("../../../tools/setup/yaml.mjs");
    if (wanted) expect(yamlVersion(goMod)).toMatch(wanted);
    else expect(yamlVersion(goMod)).toBeUndefined();
});
