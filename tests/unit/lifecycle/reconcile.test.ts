import { persistFile } from "../../../backends/diskNames";
import { type Reconciled, reconcile } from "../../../backends/libvirt/lifecycle/apply/reconcile";
import { foreignIn, knownTo } from "../../../backends/libvirt/lifecycle/files/guestFiles";
import type { DomainFacts, FileRecord, Mark } from "../../../backends/libvirt/model";
import type { Access, BlockSpec } from "../../../model";

const FOLDER = "/srv/guests/u";
const KERNEL: FileRecord = { name: "kernel-0123456789abcdef", role: "kernel" };
const persist = (key: string): FileRecord => ({ name: `${key}.persist.img`, role: "persist", key });
const scratch: FileRecord = { name: "tmp-0123456789abcdef.scratch.img", role: "scratch", key: "tmp" };
const mark = (files: FileRecord[], more: Partial<Mark> = {}): Mark => ({
    schemaVersion: 2,
    urn: "urn",
    creator: { user: "", machine: "", project: "" },
    bootDigest: "",
    phase: "ready",
    since: "",
    folder: FOLDER,
    files: [KERNEL, ...files],
    ...more,
});
const facts = (...names: string[]): DomainFacts => ({
    name: "web",
    uuid: "u",
    type: "qemu",
    machine: "pc",
    memoryMib: 64,
    currentMemoryMib: 64,
    vcpus: 1,
    onCrash: "destroy",
    onReboot: "destroy",
    disks: names.map((name, index) => ({
        path: name.startsWith("/") ? name : `${FOLDER}/${name}`,
        readonly: false,
        target: `vd${"abc"[index]}`,
        format: "raw",
    })),
    interfaces: [],
    forwards: [],
    panicDevice: false,
    qemuArgs: [],
});
const block = (name: string, access: Access = "persist"): BlockSpec => ({
    name,
    access,
    digest: "d".repeat(64),
    format: "raw",
});
const files = (...names: string[]) => names.map((name) => ({ name, size: 1 }));
const found = (more: Partial<Reconciled>): Reconciled => ({ files: [], folder: FOLDER, seeds: false, ...more });
const second: FileRecord = { name: persistFile("db", "raw", "lost"), role: "persist", key: "db" };
const two = [persist("db"), persist("log")];

test.each<[string, Reconciled, BlockSpec[], object | undefined]>([
    ["nothing there", found({}), [block("db")], undefined],
    [
        "all there",
        found({ mark: mark([persist("db")]), facts: facts("db.persist.img"), files: files("db.persist.img") }),
        [block("db")],
        undefined,
    ],
    [
        "a disk more",
        found({ mark: mark([persist("db")]), facts: facts("db.persist.img"), files: files("db.persist.img") }),
        [block("db"), block("new")],
        undefined,
    ],
    [
        "the file is not there",
        found({ mark: mark([persist("db")]), facts: facts("db.persist.img"), files: files("kernel-0123456789abcdef") }),
        [block("tmp", "scratch"), block("db")],
        { code: "not-found", property: "blocks[1]", message: expect.stringContaining(`${FOLDER}/db.persist.img`) },
    ],
    [
        "the file is not there, and the hint says how to begin again",
        found({ mark: mark([persist("db")]), facts: facts("db.persist.img") }),
        [block("db")],
        { hint: expect.stringContaining("set blocks[0].reseed to a text") },
    ],
    [
        "the file is not there, and the disk is to begin again",
        found({ mark: mark([persist("db")]), facts: facts("db.persist.img") }),
        [{ ...block("db"), reseed: "lost" }],
        undefined,
    ],
    [
        "the file of the seeding that was asked for is not there; an older one is",
        found({ mark: mark([second]), facts: facts(second.name), files: files("db.persist.img") }),
        [{ ...block("db"), reseed: "lost" }],
        { code: "not-found" },
    ],
    [
        "the same, with the text dropped",
        found({ mark: mark([second]), facts: facts(second.name), files: files("db.persist.img") }),
        [block("db")],
        { code: "not-found", message: expect.stringContaining(second.name) },
    ],
    [
        "the folder is empty, the guest runs",
        found({ liveMark: mark([persist("db")]), liveFacts: facts("db.persist.img") }),
        [block("db")],
        { code: "not-found" },
    ],
    [
        "a disk that was not declared for a while is not there",
        found({ mark: mark([{ ...persist("db"), role: "kept" }]), facts: facts() }),
        [block("db")],
        { code: "not-found" },
    ],
    [
        "a disk that is not declared is not there",
        found({ mark: mark([persist("db")]), facts: facts("db.persist.img") }),
        [],
        undefined,
    ],
    [
        "a create that never ended",
        found({ mark: mark([persist("db")], { phase: "creating" }), facts: facts("db.persist.img"), seeds: true }),
        [block("db")],
        undefined,
    ],
    [
        "another folder",
        found({ mark: mark([]), folder: "/var/lib/other/u" }),
        [],
        {
            code: "not-found",
            message: expect.stringMatching(/\/srv\/guests\/u, .*\/var\/lib\/other\/u/),
            hint: expect.stringContaining("/srv/guests,"),
        },
    ],
    [
        "a record without a folder",
        found({ mark: mark([], { folder: undefined }), folder: "/var/lib/other/u" }),
        [],
        undefined,
    ],
    [
        "an overlay runs",
        found({
            mark: mark([persist("db")]),
            facts: facts("db.persist.img"),
            liveMark: mark([persist("db")]),
            liveFacts: facts("db.persist.nightly"),
            files: files("db.persist.img", "db.persist.nightly"),
        }),
        [block("db")],
        {
            code: "in-use",
            message: expect.stringMatching(/db\.persist\.img.*running guest.*db\.persist\.nightly/),
            hint: expect.stringMatching(/^virsh blockcommit web vda --active --pivot/),
        },
    ],
    [
        "an overlay for the next boot",
        found({ mark: mark([persist("db")]), facts: facts("db.persist.nightly"), files: files("db.persist.img") }),
        [block("db")],
        { code: "in-use", hint: expect.stringMatching(/^virsh start web; virsh blockcommit web vda --active --pivot/) },
    ],
    [
        "an overlay of the second of two",
        found({ mark: mark(two), facts: facts("db.persist.img", "log.persist.nightly") }),
        [],
        {
            code: "in-use",
            message: expect.stringContaining("log.persist.img"),
            hint: expect.stringContaining("web vdb "),
        },
    ],
    [
        "overlays elsewhere, in another order",
        found({ mark: mark(two), facts: facts("/mnt/log.persist.x", "/mnt/db.persist.x") }),
        [],
        {
            code: "in-use",
            message: expect.stringMatching(/persist disk vdb .*db\.persist\.img.*\/mnt\/db\.persist\.x/),
        },
    ],
    [
        "another file, edited into the definition",
        found({ mark: mark([persist("db")]), facts: facts("/home/alice/restored.img") }),
        [],
        { code: "in-use", message: expect.stringContaining("/home/alice/restored.img") },
    ],
    [
        "an overlay of a scratch disk",
        found({
            mark: mark([persist("db"), scratch]),
            facts: facts("db.persist.img", "tmp-0123456789abcdef.scratch.nightly"),
            files: files("db.persist.img"),
        }),
        [block("db")],
        undefined,
    ],
    [
        "the disk is out of the definition",
        found({ mark: mark([persist("db")]), facts: facts(), files: files("db.persist.img") }),
        [block("db")],
        undefined,
    ],
])("%s", (_name, it, blocks, refused) => {
    const act = (): void => reconcile(it, { name: "web", blocks });
    if (refused) expect(act).toThrow(expect.objectContaining(refused));
    else expect(act).not.toThrow();
});

test("only names of the records and of the layout are ours", () => {
    const names = [
        "README.ops",
        "db.persist.img.bak",
        "db.persist.nightly",
        "kernel-0123456789abcdef",
        "kernel-custom",
        "console.log.0",
        "web-0123456789abcdef.img",
        "named.by.the.record",
    ];
    const known = knownTo({ mark: mark([{ name: "named.by.the.record", role: "image" }]) });
    expect(foreignIn(names, known)).toEqual([
        "README.ops",
        "db.persist.img.bak",
        "db.persist.nightly",
        "kernel-custom",
    ]);
});
