import { isFileOf, isPersist, keptFile, keptNumber, persistFile } from "../../../backends/diskNames";
import { recordOfName, roleOf } from "../../../backends/libvirt/fileNames";
import { planFormerFiles, recordsAfter } from "../../../backends/libvirt/lifecycle/files/formerFiles";
import { isData } from "../../../backends/libvirt/lifecycle/files/records";
import type { GuestPlan } from "../../../model";
import { specOf } from "./spec";

const SECOND = persistFile("db", "raw", "second");

test("each seeding has a file of its own, which is the user's data, and what 0.1.0 called it stays", () => {
    expect(persistFile("db", "ext4")).toBe("db.persist.img");
    expect(SECOND).toMatch(/^db\.persist\.[0-9a-f]{8}\.img$/);
    expect(persistFile("db", "qcow2", "third")).toMatch(/^db\.persist\.[0-9a-f]{8}\.qcow2$/);
    expect(persistFile("db", "raw", "third")).not.toBe(SECOND);
    for (const name of ["db.persist.img", SECOND])
        expect([isPersist(name), isData(name), roleOf(name), isFileOf("db", name), recordOfName(name).key]).toEqual([
            true,
            true,
            "persist",
            true,
            "db",
        ]);
    const kept = keptFile("db", 12, SECOND);
    expect([kept, roleOf(kept), isData(kept), isFileOf("db", kept), keptNumber("db", kept)]).toEqual([
        "db.kept.12.img",
        "kept",
        true,
        false,
        12,
    ]);
    expect([
        keptFile("db", 1, "db.persist.qcow2"),
        keptNumber("db", "db.kept.img"),
        keptNumber("d", kept),
        isFileOf("d", SECOND),
        isFileOf("db", "db.persist.nightly"),
    ]).toEqual(["db.kept.1.qcow2", undefined, undefined, false, false]);
});

function keep(present: string[], keepLast?: number, used = SECOND) {
    const blocks = [
        { name: "db", access: "persist" as const, format: "raw" as const, digest: "d" },
        { name: "log", access: "scratch" as const, format: "raw" as const, digest: "d" },
    ];
    const { renames, removals } = planFormerFiles(
        { disks: [used, "log-d.scratch.img"], plan: { spec: specOf({ blocks }) } as GuestPlan },
        present,
        keepLast,
    );
    return { renames: renames.map(({ from, to }) => `${from} > ${to}`), removals: removals.map(({ name }) => name) };
}

test.each<[string, string[], number | undefined, object]>([
    ["nothing was seeded again", [SECOND], undefined, { renames: [], removals: [] }],
    [
        "the first time",
        ["db.persist.img", SECOND],
        undefined,
        { renames: ["db.persist.img > db.kept.1.img"], removals: [] },
    ],
    [
        "the second time, one is kept",
        ["db.kept.1.img", "db.persist.qcow2", SECOND],
        undefined,
        { renames: ["db.persist.qcow2 > db.kept.2.qcow2"], removals: ["db.kept.1.img"] },
    ],
    [
        "the second time, three are kept",
        ["db.kept.1.img", "db.persist.img"],
        3,
        { renames: ["db.persist.img > db.kept.2.img"], removals: [] },
    ],
    ["numbers, not letters", ["db.kept.10.img", "db.kept.9.img"], 1, { renames: [], removals: ["db.kept.9.img"] }],
    [
        "none is kept",
        ["db.kept.1.img", "db.persist.img", SECOND],
        0,
        { renames: [], removals: ["db.kept.1.img", "db.persist.img"] },
    ],
    [
        "files of other disks, and of people",
        ["other.persist.img", "other.kept.1.img", "db.kept.img", "db.persist.nightly", "README"],
        0,
        { renames: [], removals: [] },
    ],
])("what is kept: %s", (_name, present, keepLast, expected) => {
    expect(keep(present, keepLast)).toEqual(expected);
});

test("the record has the names that the files have afterwards", () => {
    const records = [
        { name: SECOND, role: "persist" as const, key: "db" },
        { name: "db.persist.img", role: "kept" as const, key: "db" },
        { name: "db.kept.1.img", role: "kept" as const },
    ];
    const formerFiles = {
        renames: [{ disk: "db", from: "db.persist.img", to: "db.kept.2.img" }],
        removals: [{ disk: "db", name: "db.kept.1.img" }],
    };
    expect(recordsAfter(formerFiles, records)).toEqual([
        records[0],
        { name: "db.kept.2.img", role: "kept", key: "db" },
    ]);
});
