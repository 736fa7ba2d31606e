import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

// The first compilation of the Go SDK takes a while on a busy machine; after it, Go's cache has it.
jest.setTimeout(900_000);

const repository = path.resolve(__dirname, "../..");
const programs = path.join(__dirname, "programs/sdk");
let folder: string;

async function run(
    file: string,
    args: string[],
    options: { cwd?: string; env?: NodeJS.ProcessEnv; reject?: boolean } = {},
): Promise<string> {
    const { execa } = await import("execa");
    return (await execa(file, args, { cwd: folder, timeout: 150_000, stdin: "ignore", ...options })).stdout;
}

beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "pulumi-unikernel-sdk-"));
    const { sdkGenerator } = await import("../../tools/setup/sdk.mjs");
    // Ends with an error for whatever does not bind.
    await run(sdkGenerator(), [path.join(repository, "schema.json"), folder]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("the engine gets the committed schema from the plugin", async () => {
    const { engineEnv } = await import("../../tools/engine.mjs");
    const env = { ...engineEnv(), PULUMI_HOME: path.join(folder, "home"), PULUMI_SKIP_UPDATE_CHECK: "true" };
    const served: unknown = JSON.parse(
        await run("pulumi", ["package", "get-schema", path.join(repository, "bin/pulumi-resource-unikernel")], { env }),
    );
    // The engine leaves empty lists out.
    const withoutEmpty = (_key: string, value: unknown) =>
        Array.isArray(value) && value.length === 0 ? undefined : value;
    expect(served).toEqual(JSON.parse(await readFile(path.join(repository, "schema.json"), "utf8"), withoutEmpty));
});

test("TypeScript: the SDK type-checks, and finds mistakes in programs", async () => {
    for (const name of ["@pulumi/pulumi", "@types/node"]) {
        await mkdir(path.dirname(path.join(folder, "node_modules", name)), { recursive: true });
        await symlink(path.join(repository, "node_modules", name), path.join(folder, "node_modules", name));
    }
    await symlink("../nodejs", path.join(folder, "node_modules/pulumi-unikernel-sdk"));
    for (const name of ["program.ts", "wrong.ts"]) await cp(path.join(programs, name), path.join(folder, name));
    await writeFile(
        path.join(folder, "tsconfig.json"),
        JSON.stringify({ extends: "./nodejs/tsconfig.json", compilerOptions: { noEmit: true }, include: ["*.ts"] }),
    );
    const found = await run(
        process.execPath,
        [require.resolve("typescript/lib/tsc.js"), "-p", ".", "--pretty", "false"],
        { reject: false },
    );
    expect(found.match(/^\S+\(\d+(?=,)|error TS\d+/gm)).toEqual([
        "wrong.ts(4",
        "error TS2353",
        "wrong.ts(5",
        "error TS2322",
        "wrong.ts(6",
        "error TS2345",
        "wrong.ts(7",
        "error TS2322",
    ]);
});

test("Python: the SDK compiles, and a program imports it", async () => {
    const { pythonProgram } = await import("../../tools/python.mjs");
    const cwd = path.join(folder, "python");
    await run("python3", ["-m", "compileall", "-q", "."], { cwd });
    // The SDK asks for its own version, which is known of an installed package alone.
    await run(pythonProgram(), ["-c", "from setuptools import setup; setup()", "-q", "egg_info"], { cwd });
    const printed = await run(pythonProgram(), [path.join(programs, "program.py")], { cwd, env: { PYTHONPATH: cwd } });
    expect(printed.split("\n")).toEqual([
        "Unikernel",
        "BlockImage",
        "NetworkInterface",
        "Provider",
        "get_host",
        "kvm /data",
    ]);
});

test("Go: the SDK and a program over it compile", async () => {
    const { goForSdk } = await import("../../tools/setup/sdk.mjs");
    const { program, env } = await goForSdk();
    // The generator's module has the versions and checksums of the SDK too.
    for (const name of ["go.mod", "go.sum"])
        await cp(path.join(repository, "tools/sdk", name), path.join(folder, name));
    await mkdir(path.join(folder, "program"));
    await cp(path.join(programs, "program.go"), path.join(folder, "program/program.go"));
    await run(program, ["build", "./..."], { env });
    expect(await run(program, ["list", "./..."], { env })).toContain("pulumi-unikernel/sdk/program");
});
