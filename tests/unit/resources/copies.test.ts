import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type * as ours from "../../../index";
import { BlockImage, NetworkInterface, Unikernel } from "../../../index";
import { plainSource } from "../../../provider";

// As a program has them that links the package, or that gets it twice by a workspace: each copy with an SDK of its own.
const registered = new Map<string, Record<string, unknown>>();
function mock(sdk: typeof pulumi): void {
    sdk.runtime.setMocks(
        {
            newResource({ name, inputs }) {
                registered.set(name, inputs);
                return { id: name, state: { mac: "52:54:00:00:00:01", digest: "d1", format: "iso9660", ...inputs } };
            },
            call: () => ({}),
        },
        "shop",
        "dev",
        false,
    );
}
let other: typeof ours;
let otherPulumi: typeof pulumi;
let folder: string;
beforeAll(() => {
    mock(pulumi);
    jest.isolateModules(() => {
        otherPulumi = require("@pulumi/pulumi");
        other = require("../../../index");
        mock(otherPulumi);
    });
    folder = mkdtempSync(join(tmpdir(), "pulumi-unikernel-copies-"));
    writeFileSync(join(folder, "site.zip"), "PK");
});
afterAll(() => rmSync(folder, { recursive: true }));

async function wire(resource: pulumi.Resource, name: string): Promise<Record<string, unknown>> {
    await new Promise((resolve) => resource.urn.apply(resolve));
    return registered.get(name)!;
}

test("resources of another copy are what they are", async () => {
    expect(other.BlockImage).not.toBe(BlockImage);
    const image = new other.BlockImage("pages", { source: "./pages" });
    const nic = new other.NetworkInterface("eth");
    const guest = new Unikernel("web", { platform: "kvm", kernel: "k", blocks: [{ image }], interfaces: [nic] });
    expect(await wire(guest, "web")).toMatchObject({
        blocks: [{ name: "pages", digest: "d1" }],
        interfaces: [{ mac: "52:54:00:00:00:01" }],
    });
    expect([BlockImage.isInstance(image), NetworkInterface.isInstance(nic)]).toEqual([true, true]);
    expect([other.Unikernel.isInstance(guest), Unikernel.isInstance(image), BlockImage.isInstance({})]).toEqual([
        true,
        false,
        false,
    ]);
    // The interface remembers its unikernel whichever copy asks.
    expect(() => new other.Unikernel("second", { platform: "kvm", kernel: "k", interfaces: [nic] })).toThrow(
        /already in the unikernel "web"/,
    );
});

test("assets of another SDK are taken", async () => {
    const { FileArchive, FileAsset, StringAsset } = otherPulumi.asset;
    expect(new FileAsset("a")).not.toBeInstanceOf(pulumi.asset.FileAsset);
    const map = { "a.png": new FileAsset("a.png"), "b.txt": new StringAsset("b") };
    const form = { "a.png": { asset: "a.png" }, "b.txt": "b" };
    for (const [name, source, expected] of [
        ["of a folder", new FileArchive("./data"), "./data"],
        ["of a map", map, form],
        ["of an archive of assets", new otherPulumi.asset.AssetArchive(map), form],
        ["of an output", pulumi.output(map), form],
        ["of a later file", { "a.png": pulumi.output(new FileAsset("a.png")) }, { "a.png": { asset: "a.png" } }],
    ] as [string, ours.ImageSource, unknown][])
        expect((await wire(new BlockImage(name, { source }), name)).source).toEqual(expected);
});

const { AssetArchive, FileArchive, FileAsset, RemoteAsset, RemoteArchive, StringAsset } = pulumi.asset;
test.each<[string, unknown, RegExp]>([
    [
        "a remote asset",
        new RemoteAsset("https://example.org/a"),
        /^source: found a remote asset, .*; download it first/,
    ],
    ["a remote archive", new RemoteArchive("https://example.org/a.zip"), /^source: found a remote archive/],
    ["a text", new StringAsset("text"), /^source: found a text asset without a path .*; expected a path, /],
    ["a remote file", { a: new RemoteAsset("https://example.org/a") }, /^source\["a"\]: found a remote asset/],
    ["an archive in a map", { a: new FileArchive("./a") }, /^source\["a"\]: found an archive inside of an image/],
])("an image refuses %s by one sentence", (_name, source, message) => {
    expect(() => new BlockImage("refused", { source: source as string })).toThrow(message);
});

test("an image refuses a packed archive, and what an archive of assets cannot hold", async () => {
    await expect(plainSource(new FileArchive(join(folder, "site.zip")))).rejects.toThrow(
        /^source: found the packed archive .*site\.zip, which is not unpacked; expected .*; unpack it/,
    );
    await expect(plainSource(new AssetArchive({ "dir/": new FileArchive("./a") }))).rejects.toThrow(
        /^source\["dir\/"\]: found an archive inside of an image/,
    );
    expect(await plainSource(new FileAsset(join(folder, "site.zip")))).toBe(join(folder, "site.zip"));
});

test("a guest takes paths, not assets", () => {
    const kernel = new FileAsset("k") as unknown as string;
    expect(() => new Unikernel("asset", { platform: "kvm", kernel })).toThrow(
        /^kernel: found an asset; expected a text: write the path itself/,
    );
    expect(() => new Unikernel("asset", { platform: "kvm", kernel: "k", blocks: [{ path: kernel }] })).toThrow(
        /^blocks\[0\]\.path: found an asset/,
    );
});
