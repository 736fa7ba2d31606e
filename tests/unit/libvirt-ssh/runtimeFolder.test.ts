import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { runtimeFolder } from "../../../backends/libvirt/files/ssh/runtimeFolder";

let place: string;
let own: string;
beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), "puk-test-run-"));
    own = join(place, `pulumi-unikernel-${process.getuid!()}`);
});
afterEach(() => rmSync(place, { recursive: true }));

test("for this user alone", async () => {
    expect(await runtimeFolder({ XDG_RUNTIME_DIR: place })).toBe(own);
    expect(statSync(own).mode & 0o777).toBe(0o700);
    expect(await runtimeFolder({ XDG_RUNTIME_DIR: place })).toBe(own);
});

test.each<[string, () => void]>([
    ["a folder that others may enter", () => mkdirSync(own, { mode: 0o755 })],
    ["a link", () => symlinkSync("/", own)],
    ["a file", () => writeFileSync(own, "", { mode: 0o600 })],
])("%s of its name is not used", async (_name, make) => {
    make();
    expect(await runtimeFolder({ XDG_RUNTIME_DIR: place })).toBe(
        join(tmpdir(), `pulumi-unikernel-${process.getuid!()}`),
    );
});

test("a place whose path is too long for a socket, or that is not there, is not used", async () => {
    expect(await runtimeFolder({ XDG_RUNTIME_DIR: `${place}/${"x".repeat(60)}`, TMPDIR: place })).toBe(own);
    expect(await runtimeFolder({ XDG_RUNTIME_DIR: "/run/none", TMPDIR: place })).toBe(own);
});

test("sockets of processes that are gone are swept", async () => {
    const { pid } = spawnSync("true");
    mkdirSync(own, { mode: 0o700 });
    for (const name of [`${pid}-0a`, `${process.pid}-0b`]) writeFileSync(join(own, name), "");
    await runtimeFolder({ XDG_RUNTIME_DIR: place });
    expect(readdirSync(own)).toEqual([`${process.pid}-0b`]);
});
