import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { readVerdict, writeVerdict } from "../../../backends/kvm/verdicts";
import type { HostInfo } from "../../../backends/libvirt/host";

const info: HostInfo = {
    uuid: "u",
    hostname: "h",
    session: false,
    local: true,
    libvirtVersion: 9_000_000,
    hypervisorVersion: 7_002_000,
    capabilities: "",
};
const booted = { booted: true };
const hung = { booted: false, because: "the probe guest hung" };

let cache: string;
const before = process.env.XDG_CACHE_HOME;
beforeEach(() => {
    process.env.XDG_CACHE_HOME = cache = mkdtempSync(join(tmpdir(), "puk-verdicts-"));
});
afterEach(() => {
    jest.restoreAllMocks();
    rmSync(cache, { recursive: true });
    if (before === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = before;
});
const folder = (): string => join(cache, "pulumi-unikernel", "accelerators");

test.each([booted, hung])("kept: %j", async (verdict) => {
    expect(await readVerdict(info)).toBeUndefined();
    await writeVerdict(info, verdict);
    expect(await readVerdict(info)).toEqual(verdict);
    expect(readdirSync(folder())).toHaveLength(1);
    expect(statSync(folder()).mode & 0o777).toBe(0o700);
});

test.each<[string, Partial<HostInfo>]>([
    ["host", { uuid: "v" }],
    ["libvirt", { libvirtVersion: 9_000_001 }],
    ["QEMU", { hypervisorVersion: 8_000_000 }],
    ["daemon, a session's", { session: true }],
])("not for another %s", async (_name, other) => {
    await writeVerdict(info, booted);
    expect(await readVerdict({ ...info, ...other })).toBeUndefined();
});

test.each([
    [booted, 23, true],
    [booted, 25, false],
    [hung, 0.2, true],
    [hung, 0.3, false],
    [booted, -1, false],
])("%j after %s hours: still believed: %s", async (verdict, hours, believed) => {
    await writeVerdict(info, verdict);
    const now = Date.now();
    jest.spyOn(Date, "now").mockReturnValue(now + hours * 3600_000);
    expect((await readVerdict(info)) !== undefined).toBe(believed);
});

test.each(["", "{", "null", "[]"])("damaged: %j", async (content) => {
    await writeVerdict(info, booted);
    writeFileSync(join(folder(), readdirSync(folder())[0]!), content);
    expect(await readVerdict(info)).toBeUndefined();
});
