import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Handlers } from "../../../core";
import { forgetClaims } from "../../../core/unikernel/check/claims";
import { forgetChecks } from "../../../core/unikernel/diff/replacing";
import { blockImage, networkInterface, unikernel } from "../../../provider/dynamic";
import { bzImage } from "./kernels";

// `ignoreChanges` as the engine applies it: before check, inputs of state take the place of the program's.

let folder: string;
const at = (name: string) => join(folder, name);
beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "pulumi-unikernel-kept-"));
    for (const name of ["initrd", "disk.img", "page"]) writeFileSync(at(name), name);
    writeFileSync(at("kernel"), bzImage("linux 6"));
    forgetClaims();
    forgetChecks();
});
afterEach(() => rmSync(folder, { recursive: true }));

const urn = (kind: string) => `urn:pulumi:dev::shop::pulumi-nodejs:dynamic/unikernel:${kind}::one`;
type Values = Record<string, unknown>;

async function checked(handlers: Handlers, olds: Values, news: Values): Promise<Values> {
    const { inputs, failures } = await handlers.check(olds, news);
    expect(failures).toEqual([]);
    return inputs;
}

const guest = (more: object = {}) => ({
    resourceUrn: urn("Unikernel"),
    platform: "kvm",
    connection: "qemu+unix:///system?socket=/nowhere/socket",
    kernel: at("kernel"),
    initrd: at("initrd"),
    args: ["app"],
    blocks: [{ path: at("disk.img") }, { name: "pages", digest: "d1", format: "iso9660", mount: "/pages" }],
    interfaces: [{ mac: "52:54:00:00:00:01", attach: { network: "default" }, ipv4: "dhcp" }],
    ...more,
});
const image = (more: object = {}) => ({ resourceUrn: urn("BlockImage"), source: at("page"), format: "raw", ...more });
const nic = { resourceUrn: urn("NetworkInterface"), attach: { network: "default" } };

test.each<[string, Handlers, () => Values]>([
    ["a guest", unikernel, guest],
    ["an image", blockImage, image],
    ["an interface", networkInterface, () => nic],
])("everything of %s may be ignored: check takes back what it made", async (_kind, handlers, args) => {
    const olds = await checked(handlers, {}, args());
    // No file is read: what they hold by now is ignored too.
    for (const name of ["kernel", "initrd", "disk.img", "page"]) rmSync(at(name));
    expect(await checked(handlers, olds, { ...olds })).toEqual(olds);
    expect(await handlers.diff("id", olds, { ...olds })).toMatchObject({ replaces: [] });
});

test("an input of check that a program writes itself is still unknown", async () => {
    const olds = await checked(unikernel, {}, guest());
    const { failures } = await unikernel.check(olds, guest({ bootDigest: "mine", digests: { kernel: "mine" } }));
    expect(failures.map(({ property }) => property).sort()).toEqual(["bootDigest", "digests"]);
});

test("where digests are ignored, changed content is, and another path is not", async () => {
    const olds = await checked(unikernel, {}, guest());
    const { digests } = olds;
    for (const name of ["kernel", "initrd", "disk.img"]) writeFileSync(at(name), bzImage("another"));
    expect(await checked(unikernel, olds, guest({ digests }))).toEqual(olds);
    writeFileSync(at("second"), bzImage("second"));
    expect(await checked(unikernel, olds, guest({ digests, kernel: at("second") }))).toMatchObject({
        consequence: "restart: kernel",
    });
    const before = await checked(blockImage, {}, image());
    writeFileSync(at("page"), "another");
    expect(await checked(blockImage, before, image({ digest: before.digest }))).toEqual(before);
    expect((await checked(blockImage, before, image())).digest).not.toBe(before.digest);
});

test("an absent file is asked for unless it comes from state by ignoreChanges", async () => {
    const olds = await checked(unikernel, {}, guest());
    const before = await checked(blockImage, {}, image());
    for (const name of ["kernel", "initrd", "disk.img", "page"]) renameSync(at(name), at(`${name}.gone`));
    const { failures } = await unikernel.check(olds, guest());
    expect(failures.map(({ property }) => property).sort()).toEqual(["blocks[0].path", "kernel"]);
    expect((await blockImage.check(before, image())).failures).toHaveLength(1);

    expect(await checked(unikernel, olds, guest({ kept: ["kernel", "initrd", "blocks"] }))).toEqual(olds);
    expect(await checked(blockImage, before, image({ kept: ["source"] }))).toEqual(before);
    // Another change does not need them either.
    const live = await checked(unikernel, olds, guest({ kept: ["kernel", "initrd", "blocks"], shutdownTimeout: 7 }));
    expect(live).toMatchObject({ consequence: "live: shutdownTimeout", bootDigest: olds.bootDigest });
    // A path that state does not have is the program's.
    const other = await unikernel.check(olds, guest({ kept: ["kernel", "initrd", "blocks"], kernel: at("nowhere") }));
    expect(other.failures.map(({ property }) => property)).toEqual(["kernel"]);
    // So is one whose content a new image would have.
    expect((await blockImage.check(before, image({ kept: ["source"], size: 9 }))).failures).toHaveLength(1);

    // A file that is there decides by its content.
    writeFileSync(at("kernel"), bzImage("another"));
    expect(await checked(unikernel, olds, guest({ kept: ["kernel", "initrd", "blocks"] }))).toMatchObject({
        consequence: "restart: kernel",
    });
});
