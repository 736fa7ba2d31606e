import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addSum, removeSum } from "../../../backends/iso/sums";

let folder: string;
beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "pulumi-unikernel-sums-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const sums = () => join(folder, "SHA256SUMS");
function image(name: string): { path: string; sha256: string } {
    const path = join(folder, name);
    writeFileSync(path, name);
    return { path, sha256: createHash("sha256").update(name).digest("hex") };
}

test.each(["web.iso", "a b.iso", "quo'te\"$(x).iso", "back\\slash.iso", "new\nline.iso", "ünïcode.iso"])(
    "sha256sum agrees about %j",
    async (name) => {
        const { path, sha256 } = image(name);
        await addSum(path, sha256, false);
        expect(
            execFileSync("sha256sum", ["--check", "--strict", "SHA256SUMS"], { cwd: folder, encoding: "utf8" }),
        ).toMatch(/OK$/m);
        await removeSum(path);
        expect(existsSync(sums())).toBe(false);
    },
);

test("the images of a fleet share the file, sorted, and what others wrote in it stays", async () => {
    writeFileSync(sums(), `${"0".repeat(64)}  somebody-elses.tar\n`);
    const images = ["web-2.iso", "web-0.iso", "web-1.iso"].map(image);
    await Promise.all(images.map(({ path, sha256 }) => addSum(path, sha256, false)));
    expect(names()).toEqual(["somebody-elses.tar", "web-0.iso", "web-1.iso", "web-2.iso"]);
    await Promise.all(images.map(({ path }) => removeSum(path)));
    expect(names()).toEqual(["somebody-elses.tar"]);
});

test("a rebuilt image replaces its line", async () => {
    const { path } = image("web.iso");
    await addSum(path, "1".repeat(64), false);
    await addSum(path, "2".repeat(64), false);
    expect(readFileSync(sums(), "utf8")).toBe(`${"2".repeat(64)}  web.iso\n`);
});

test.each([
    [true, 0o600],
    [false, 0o644],
])("secret %s: mode %o, whatever the umask", async (secret, mode) => {
    const before = process.umask(0o077);
    try {
        await addSum(join(folder, "web.iso"), "1".repeat(64), secret);
    } finally {
        process.umask(before);
    }
    expect(statSync(sums()).mode & 0o777).toBe(mode);
});

test("what was for its owner alone stays so", async () => {
    writeFileSync(sums(), "");
    chmodSync(sums(), 0o600);
    await addSum(join(folder, "web.iso"), "1".repeat(64), false);
    expect(statSync(sums()).mode & 0o777).toBe(0o600);
});

function names(): string[] {
    return readFileSync(sums(), "utf8")
        .trimEnd()
        .split("\n")
        .map((line) => line.slice(66));
}
