import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { dom0AccessBy, type RemoteShell } from "../../../backends/xen";
import { localDom0 } from "../../../backends/xen/dom0";
import { remoteDom0 } from "../../../backends/xen/shell";
import { encodeRequest } from "../../../backends/xen/wire";
import { HANG_MS } from "../../support/time";

const folder = mkdtempSync(join(tmpdir(), "xen-shell-"));
const pipe = join(folder, "bus");
beforeAll(() => void execFileSync("mkfifo", [pipe]));
afterAll(() => rmSync(folder, { recursive: true }));

/** A real sh, whose xenbus is a pipe: what is written comes back as the answer. */
const shell = (program: string): RemoteShell => ({
    run: async (script, words) =>
        (
            await promisify(execFile)(program, ["-euc", script.replaceAll("/dev/xen/xenbus", pipe), "sh", ...words], {
                timeout: HANG_MS,
            })
        ).stdout,
});
const write = encodeRequest({
    type: "write",
    path: "/local/domain/7/rumprun/cfg",
    rest: `{ "cmdline": "100% käse \\n 'x'" }\n`,
});
const long = encodeRequest({ type: "write", path: "/p", rest: "%s\\0".repeat(1023) });
const refusal = Buffer.concat([
    Buffer.from([16, 0, 0, 0]),
    Buffer.alloc(8),
    Buffer.from([7, 0, 0, 0]),
    Buffer.from("EACCES\0"),
]);

test.each(["sh", "bash"])(
    "bytes go through %s as they are, each after the answer to the one before",
    async (program) => {
        expect(await remoteDom0(shell(program)).xenstore([write, long, write])).toEqual([write, long, write]);
    },
);

test("nothing is sent after a refusal", async () => {
    expect(await remoteDom0(shell("sh")).xenstore([write, refusal, long])).toEqual([write, refusal]);
});

test("a script's own trouble is the shell's to tell", async () => {
    const lost: RemoteShell = {
        run: async () => {
            throw new Error("cut");
        },
    };
    await expect(remoteDom0(lost).xenstore([write])).rejects.toThrow("cut");
});

describe.each([
    ["far", remoteDom0(shell("sh"))],
    ["here", localDom0],
])("files %s", (place, dom0) => {
    const log = join(folder, `guest ${place}'s.log`);

    test("the end of a file, of an empty one, and of none", async () => {
        const text = async (bytes: number, ...paths: string[]) => (await dom0.tail(bytes, ...paths))?.text;
        expect(await dom0.tail(100, log)).toBeUndefined();
        writeFileSync(log, "");
        expect(await dom0.tail(100, `${log}.none`, log)).toEqual({ path: log, size: 0, text: "" });
        writeFileSync(log, `${log}\nfirst\nlast\n`);
        expect([await text(5, log), await text(1000, log, folder), await text(0, log)]).toEqual([
            "last\n",
            `${log}\nfirst\nlast\n`,
            "",
        ]);
    });

    test("moved aside and removed, there or not", async () => {
        for (let twice = 0; twice < 2; twice++) await dom0.rename([`${log}.none`, log], [log, `${log}.last`]);
        expect(await dom0.tail(5, log, `${log}.last`)).toEqual({
            path: `${log}.last`,
            size: `${log}\nfirst\nlast\n`.length,
            text: "last\n",
        });
        for (let twice = 0; twice < 2; twice++) await dom0.remove(log, `${log}.last`);
        expect(await dom0.tail(9, log, `${log}.last`)).toBeUndefined();
    });
});

test.each([
    ["xen:///system", "local"],
    ["xen+unix:///system", "local"],
    ["xen+ssh://root@far/system", "shell"],
    ["xen+libssh://far/system", "shell"],
    ["xen+tcp://far/system", "alone"],
    ["xen://far/system", "alone"],
])("the way of %s: %s", async (uri, way) => {
    const asked: string[] = [];
    const dom0 = dom0AccessBy((one) => {
        asked.push(one);
        return { run: async () => "/any\n2\nit" };
    })({ uri });
    expect(asked).toEqual(way === "shell" ? [uri] : []);
    expect(dom0 === localDom0).toBe(way === "local");
    if (way !== "local") expect((await dom0.tail(9, "/any"))?.text).toBe(way === "shell" ? "it" : undefined);
    if (way === "alone")
        await expect(dom0.xenstore([])).rejects.toMatchObject({ code: "unsupported", property: "connection" });
});

test.each([
    ["xen+tcp://far/system", "root@dom0:2222"],
    ["xen+ssh://far/system", "root@dom0:2222"],
])("sshTarget is the way of %s", async (uri, sshTarget) => {
    const asked: string[] = [];
    dom0AccessBy((one) => {
        asked.push(one);
        return { run: async () => "" };
    })({ uri }, { sshTarget });
    expect(asked).toEqual([`xen+ssh://${sshTarget}/system`]);
    expect(dom0AccessBy()({ uri: "xen:///system" }, { sshTarget })).toBe(localDom0);
});

test("without a shell there is libvirt alone", async () => {
    await expect(dom0AccessBy()({ uri: "xen+ssh://far/system" }).xenstore([])).rejects.toMatchObject({
        code: "unsupported",
    });
});
