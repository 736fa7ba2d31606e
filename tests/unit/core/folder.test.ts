import { createBackends } from "../../../backends";
import { sentence } from "../../../core/unikernel/diff/consequence";
import { differences } from "../../../core/unikernel/diff/diff";
import { folderWarning } from "../../../core/unikernel/diff/folder";
import type { StoredInputs, StoredOutputs } from "../../../core/unikernel/inputs";
import { withDrift } from "../../../core/unikernel/outputs";
import { checked, table } from "./specs";

const HERE = "/var/lib/pulumi-unikernel",
    MINE = "/srv/guests";
const disk = { name: "db", digest: "d2", format: "ext4", access: "persist" } as const;
const preview = (old: Partial<StoredInputs>, next: Partial<StoredInputs>) =>
    sentence(differences(checked(old), checked(next), table));

test.each<[string, Partial<StoredInputs>, Partial<StoredInputs>, string]>([
    ["the same folder", { folder: HERE }, { folder: HERE }, ""],
    ["state of an earlier release", {}, { folder: HERE }, ""],
    ["a session on another machine, whose folder only that host knows", { folder: HERE }, {}, ""],
    [
        "another folder",
        { folder: HERE },
        { folder: MINE },
        "live: folder (its files are in /var/lib/pulumi-unikernel, the configured folder is /srv/guests)",
    ],
    [
        "another host has folders of its own",
        { folder: HERE },
        { folder: MINE, host: "22222222-2222-2222-2222-222222222222" },
        "replace: connection",
    ],
])("the preview of %s", (_name, old, next, expected) => {
    expect(preview(old, next)).toBe(expected);
});

test("a warning names the disks, both folders, and the setting", () => {
    const [old, next] = [checked({ folder: HERE, blocks: [disk] }), checked({ folder: MINE, blocks: [disk] })];
    expect(folderWarning(old, next)).toMatch(
        /web-1234567 \(persist disks: db\) are below \/var\/lib\/pulumi-unikernel, and the configured folder is \/srv\/guests.*PULUMI_UNIKERNEL_DIR or unikernel:folder to \/var\/lib/,
    );
    expect(folderWarning({ ...old, folder: undefined }, next)).toBeUndefined();
    expect(folderWarning(old, { ...next, folder: HERE })).toBeUndefined();
});

test("a read fills in the folder that the guest's record names; without one state keeps what it has", () => {
    const props = {
        ...checked(),
        guestConfig: "",
        ipAddresses: [],
        consoleLog: "",
        consoleCommand: "",
    } as StoredOutputs;
    const seen = { host: props.host!, state: "running", bootDigest: "b1", drift: {}, unfinished: false } as const;
    expect(withDrift(props, { ...seen, folder: HERE }).folder).toBe(HERE);
    expect(withDrift({ ...props, folder: MINE }, { ...seen, folder: HERE, drift: { folder: HERE } })).toMatchObject({
        folder: HERE,
    });
    expect(
        withDrift({ ...props, folder: MINE }, { ...seen, folder: HERE, drift: { folder: HERE } }).drift,
    ).toBeUndefined();
    expect(withDrift({ ...props, folder: MINE }, seen).folder).toBe(MINE);
});

test("each backend of a host says the configured folder without asking its host", () => {
    const backends = createBackends(() => Promise.reject(new Error("asked")));
    process.env.PULUMI_UNIKERNEL_DIR = MINE;
    try {
        expect([
            backends.kvm!.folder?.("qemu:///system"),
            backends.xen!.folder?.("xen+ssh://far/system"),
            backends.kvm!.folder?.("qemu+ssh://far/session"),
        ]).toEqual([MINE, MINE, MINE]);
    } finally {
        delete process.env.PULUMI_UNIKERNEL_DIR;
    }
    expect([
        backends.kvm!.folder?.("qemu:///system"),
        backends.kvm!.folder?.("qemu+ssh://far/session"),
        backends.iso!.folder,
    ]).toEqual([HERE, undefined, undefined]);
});
