import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { limitSpeed } from "../../../bench/speedLimit";

const root = mkdtempSync(join(tmpdir(), "puk-speed-"));
const speed = { write: 30e6, read: 150e6 };
const read = (path: string) => readFileSync(path, "utf8");

/** Create files of the kernel, below a root of its own. */
function kernel(name: string, files: Record<string, string>): string {
    for (const [path, text] of Object.entries({ "sys/block/loop3/dev": "7:3\n", ...files })) {
        mkdirSync(dirname(join(root, name, path)), { recursive: true });
        writeFileSync(join(root, name, path), text);
    }
    return join(root, name);
}

afterAll(() => rmSync(root, { recursive: true }));

test("by version 1 of control groups", () => {
    const own = kernel("v1", { "sys/fs/cgroup/blkio/blkio.throttle.write_bps_device": "" });
    const group = dirname(limitSpeed("/dev/loop3", speed, own)!.procs);
    expect(read(join(group, "blkio.throttle.write_bps_device"))).toBe("7:3 30000000");
    expect(read(join(group, "blkio.throttle.read_bps_device"))).toBe("7:3 150000000");
});

test("by version 2, whose groups below the root get the controller first", () => {
    const own = kernel("v2", { "sys/fs/cgroup/cgroup.controllers": "cpuset cpu io memory\n" });
    const group = dirname(limitSpeed("/dev/loop3", speed, own)!.procs);
    expect(read(join(group, "io.max"))).toBe("7:3 rbps=150000000 wbps=30000000");
    expect(read(join(dirname(group), "cgroup.subtree_control"))).toBe("+io");
});

test.each([
    ["no control groups", {}],
    ["no controller for devices", { "sys/fs/cgroup/cgroup.controllers": "hugetlb\n" }],
])("%s: no limit", (name, files) => {
    expect(limitSpeed("/dev/loop3", speed, kernel(name, files))).toBeUndefined();
});
