import { execFileSync, spawnSync } from "node:child_process";
import { linkSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Ask } from "../../../backends/libvirt/files/ssh/connection";
import { KNOWN_EACH } from "../../../backends/libvirt/files/ssh/scripts";
import { encodeProgram, MARK, REMOTE_COMMAND } from "../../../backends/libvirt/files/ssh/shellProtocol";
import { answerOf, Together } from "../../../backends/libvirt/files/ssh/together";
import type { RemoteShell } from "../../../backends/xen";
import { remoteDom0 } from "../../../backends/xen/shell";
import { encodeRequest } from "../../../backends/xen/wire";
import { UnikernelError } from "../../../model";
import { HANG_MS } from "../../support/time";

const folder = mkdtempSync(join(tmpdir(), "xen-together-"));
const bus = join(folder, "bus");
beforeAll(() => void execFileSync("mkfifo", [bus]));
afterAll(() => rmSync(folder, { recursive: true }));

const pathOf = (name: string): string => join(folder, name);
const written = (name: string, text: string): string => {
    writeFileSync(pathOf(name), text);
    return pathOf(name);
};

/** A real sh in place of the far one, whose xenbus is a pipe: what is written comes back. Counts the scripts. */
function far({ shell = "sh", fails = undefined as unknown } = {}) {
    const asked: string[] = [];
    const ask = async ({ what, script, words }: Pick<Ask, "what" | "script" | "words">): Promise<{ out: Buffer }> => {
        asked.push(what);
        if (fails) throw fails;
        const program = encodeProgram(script.replaceAll("/dev/xen/xenbus", bus), words);
        const { status, stdout, stderr } = spawnSync(shell, ["-c", REMOTE_COMMAND], {
            input: program,
            timeout: HANG_MS,
        });
        if (status !== 0) throw new UnikernelError("program-failed", stderr.toString());
        return { out: stdout.subarray(stdout.indexOf(`${MARK}\n`) + MARK.length + 1) };
    };
    const together = new Together(ask, async () => undefined);
    const remote: RemoteShell = {
        run: async (script, words) => (await ask({ what: "alone", script, words })).out.toString("utf8"),
        question: async (script, words) => {
            const answers = await together.question(script, words);
            return answers && { ...answers, out: answers.out.toString("latin1") };
        },
    };
    return { asked, together, dom0: remoteDom0(remote) };
}

const key = (id: number) => encodeRequest({ type: "read", path: `/local/domain/${id}/rumprun/cfg` });

test.each(["sh", "bash"])("thirty guests' logs, keys and kernels are read by one script, by %s", async (shell) => {
    const { asked, together, dom0 } = far({ shell });
    const [shared, own] = [pathOf(`shared-${shell}`), pathOf(`own-${shell}`)];
    for (const each of [shared, own]) mkdirSync(each);
    const content = join(shared, "c0ffee");
    writeFileSync(content, "kernel");
    utimesSync(content, 1, 1);
    linkSync(content, join(own, "kernel-known"));
    writeFileSync(join(own, "kernel-own"), "kernel");
    const logs = Array.from({ length: 30 }, (_, guest) =>
        written(`guest ${guest}.log`, `käse ${guest}\n`.repeat(guest)),
    );
    const known = (name: string) =>
        together.question(KNOWN_EACH, [join(own, name), shared]).then((answers) => answerOf(answers!).toString());
    const [tails, unread, none, keys, digests] = await Promise.all([
        Promise.all(logs.map((path) => dom0.tail(9, `${path}.none`, path))),
        dom0.tailUnless!(16, 100, logs[2]!),
        dom0.tail(9, pathOf("none.log")),
        Promise.all(logs.map((_path, id) => dom0.xenstore([key(id)]))),
        Promise.all(["kernel-known", "kernel-own", "kernel-none"].map(known)),
    ]);
    expect(asked).toEqual(["look at 65 things"]);
    expect(tails).toEqual(
        logs.map((path, guest) => {
            const text = Buffer.from(`käse ${guest}\n`.repeat(guest));
            return { path, size: text.length, text: text.subarray(-9).toString() };
        }),
    );
    expect([unread, none]).toEqual([{ path: logs[2], size: 16, text: "" }, undefined]);
    // The pipe gives back the message, with the number that it was sent with.
    expect(keys.map(([reply]) => reply!.subarray(8))).toEqual(logs.map((_path, id) => key(id).subarray(8)));
    expect(digests).toEqual(["c0ffee", "", "none"]);
});

test("a single question is asked by the script that it has always had", async () => {
    const { asked, dom0 } = far();
    const log = written("one.log", "one\n");
    expect(await dom0.tail(9, log)).toEqual({ path: log, size: 4, text: "one\n" });
    expect(asked).toEqual(["alone"]);
});

test("what is written is sent alone, and in order", async () => {
    const { asked, dom0 } = far();
    const write = encodeRequest({ type: "write", path: "/a", rest: "b" });
    await Promise.all([1, 2].map(() => dom0.xenstore([write])));
    expect(asked).toEqual(["alone", "alone"]);
});

test("where one kind cannot be answered, its questions are asked alone; the others are answered", async () => {
    const { asked, together, dom0 } = far();
    const log = written("two.log", "two\n");
    const failing = together.question("exit 7", []);
    expect(await Promise.all([failing, dom0.tail(9, log)])).toEqual([undefined, { path: log, size: 4, text: "two\n" }]);
    expect(asked).toHaveLength(1);
});

test("a lost connection is the answer to each question, and to none that the file is missing", async () => {
    const { asked, dom0 } = far({ fails: new UnikernelError("unreachable", "cut") });
    const all = await Promise.allSettled([dom0.tail(9, "/a"), dom0.tail(9, "/b"), dom0.xenstore([key(1)])]);
    expect(all.map((one) => one.status === "rejected" && (one.reason as UnikernelError).code)).toEqual(
        Array(3).fill("unreachable"),
    );
    expect(asked).toEqual(["look at 3 things"]);
});
