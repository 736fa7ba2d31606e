import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { probeKernel } from "../../../guests";

interface Loaded {
    packages: string[];
    modules: string[];
}

let folder: string;
beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "puk-loading-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function loadedBy(part: "program" | "provider"): Promise<Loaded> {
    const kernel = join(folder, "kernel");
    await writeFile(kernel, probeKernel());
    const { stdout } = await promisify(execFile)(
        process.execPath,
        ["-r", join(__dirname, "../../support/typescript.cjs"), join(__dirname, "loaded.cjs"), part, kernel],
        { env: { ...process.env, XDG_CACHE_HOME: folder, XDG_DATA_HOME: folder }, maxBuffer: 1 << 26 },
    );
    return JSON.parse(stdout) as Loaded;
}

const rooms = (modules: string[]): string[] => [...new Set(modules.map((file) => file.split("/")[0] ?? ""))].sort();

test("a program loads the classes, and nothing that talks to hosts", async () => {
    const { packages, modules } = await loadedBy("program");
    expect(packages).toContain("@pulumi/pulumi");
    for (const late of ["koffi", "saxes", "xmlbuilder2", "zod", "uuid", "ignore"]) expect(packages).not.toContain(late);
    expect(rooms(modules)).toEqual(["index.ts", "model", "provider", "resources"]);
});

test("the provider of an unchanged guest loads neither libvirt, XML, gRPC nor what only changes need", async () => {
    const { packages, modules } = await loadedBy("provider");
    const typescript = packages.filter((name) => name.startsWith("@swc/"));
    expect(packages.filter((name) => !typescript.includes(name))).toEqual(["zod"]);
    expect(modules).toContain("core/unikernel/check/check.ts");
    const late = [
        /^backends\/(iso\/(?!output)|xen\/|inspect)/,
        /^backends\/kvm\/(bindable|choose|probe|operations)/,
        /^backends\/libvirt\/(lifecycle\/(apply|observe|sweep|power)|files\/(ssh|volumes|local)|client\/(child|ffi|pool))/,
        /^(images|selftest|cli|resources)\//,
        /^core\/(sweep|functions|unikernel\/(plan|import))/,
        /^(model\/fleet\/|core\/network\/|backends\/libvirt\/(xml\/)?networks\/)/,
    ];
    expect(modules.filter((file) => late.some((one) => one.test(file)))).toEqual([]);
});
