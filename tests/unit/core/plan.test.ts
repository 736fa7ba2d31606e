import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StoredInputs } from "../../../core/unikernel/inputs";
import { planGuest } from "../../../core/unikernel/plan";
import { hashFile } from "../../../localFiles";
import { bzImage } from "./kernels";
import { checked } from "./specs";

const folder = mkdtempSync(join(tmpdir(), "pulumi-unikernel-plan-"));
const kernel = join(folder, "vmlinuz");
const disk = join(folder, "disk");
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
    writeFileSync(kernel, bzImage("one"));
    writeFileSync(disk, "disk");
});

async function inputs(changes: Partial<StoredInputs> = {}): Promise<StoredInputs> {
    const digests = { kernel: await hashFile(kernel), initrd: await hashFile(disk), blocks: [], config: "c1" };
    return checked({ kernel, initrd: disk, guest: "linux", digests, interfaces: [], blocks: [], ...changes });
}

test("a plan has what a backend needs: capabilities, what is told, and local files", async () => {
    const block = {
        name: "disk",
        path: disk,
        digest: await hashFile(disk),
        format: "raw" as const,
        access: "read" as const,
    };
    const plan = await planGuest(await inputs({ blocks: [block], args: ["nginx"] }));
    expect(plan).toMatchObject({
        bootDigest: "b1",
        blockFiles: [disk],
        guest: { platforms: expect.arrayContaining(["kvm"]) },
    });
    expect(plan.boot.guestConfig).toContain("nginx");
    expect(plan.readConsole("").ended).toBeUndefined();
});

test("files that are gone are taken from the guest's own folder, by their content", async () => {
    const before = await inputs();
    const own = join(folder, before.uuid);
    mkdirSync(own);
    const [kernelDigest, initrdDigest] = [before.digests.kernel, before.digests.initrd!];
    renameSync(kernel, join(own, `kernel-${kernelDigest.slice(0, 16)}`));
    // A file that has the name and not the content is not it.
    writeFileSync(join(own, `old-${kernelDigest.slice(0, 16)}`), "another");
    renameSync(disk, join(own, `initrd-${initrdDigest.slice(0, 16)}`));
    const plan = await planGuest({ ...before, folder });
    expect(JSON.stringify(plan.boot)).toContain(join(own, "initrd-"));
    await expect(planGuest(before)).rejects.toMatchObject({ code: "not-found", property: "kernel" });
});

test.each<[string, () => void, Partial<StoredInputs>, object]>([
    [
        "a kernel that was rebuilt after the check",
        () => writeFileSync(kernel, bzImage("two")),
        {},
        { code: "changed", property: "kernel" },
    ],
    ["an initrd that was", () => writeFileSync(disk, "other"), {}, { code: "changed", property: "initrd" }],
    ["a kernel that is gone", () => rmSync(kernel), {}, { property: "kernel" }],
    [
        "a data image that was built elsewhere",
        () => undefined,
        { blocks: [{ name: "data", digest: "d".repeat(64), format: "iso9660", access: "read" }] },
        { code: "not-found", property: "blocks[0].image" },
    ],
])("nothing is begun with %s", async (_title, spoil, changes, error) => {
    const before = await inputs(changes);
    spoil();
    await expect(planGuest(before)).rejects.toMatchObject(error);
});
