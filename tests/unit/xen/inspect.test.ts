import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { inspectXen, type XenFacts } from "../../../backends/xen";

const absent: XenFacts = {
    toolstack: undefined,
    xenstore: { path: "/run/xenstored/socket", state: "absent" },
    consoles: "absent",
    qemu: undefined,
    bridges: [],
};

test.each<[said: string, expected: Partial<XenFacts>]>([
    ["toolstack \n", {}],
    ["toolstack /usr/sbin/xl\n", { toolstack: "/usr/sbin/xl" }],
    ["closed /a\nopen /b\n", { xenstore: { path: "/b", state: "open" } }],
    ["closed /a\n", { xenstore: { path: "/a", state: "closed" } }],
    ["consoles xenconsoled --pid-file=/x --log=guest \n", { consoles: "kept" }],
    ["consoles /usr/sbin/xenconsoled --log all \n", { consoles: "kept" }],
    ["consoles xenconsoled --log=hv \n", { consoles: "running" }],
    ["consoles xenconsoled \n", { consoles: "running" }],
    ["qemu /a\nqemu /b\nbridge br0\nbridge br1\n", { qemu: "/a", bridges: ["br0", "br1"] }],
])("%j", async (said, expected) => {
    expect(await inspectXen(async () => said, "local")).toEqual({ ...absent, ...expected });
});

test("the script is one that sh runs, by the rules of a shell elsewhere", async () => {
    const folder = mkdtempSync(join(tmpdir(), "xen-inspect-"));
    try {
        writeFileSync(join(folder, "xl"), "", { mode: 0o755 });
        symlinkSync("/bin/sh", join(folder, "qemu"));
        const found = await inspectXen(async (script, [count = "", ...words]) => {
            expect([count, words[0]]).toEqual(["2", "/dev/xen/xenbus"]);
            return execFileSync(
                "sh",
                ["-euc", script, "sh", count, "/nowhere", folder, "/no-qemu", join(folder, "qemu")],
                { encoding: "utf8", env: { PATH: `${folder}:${process.env.PATH}` } },
            );
        }, "remote");
        expect(found).toMatchObject({
            toolstack: join(folder, "xl"),
            xenstore: { path: folder, state: "open" },
            qemu: join(folder, "qemu"),
        });
    } finally {
        rmSync(folder, { recursive: true });
    }
});
