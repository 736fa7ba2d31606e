import { spawnSync } from "node:child_process";
import {
    existsSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    renameSync,
    rmSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { SshBatches } from "../../../backends/libvirt/files/ssh/batches";
import type { Ask, SshConnection } from "../../../backends/libvirt/files/ssh/connection";
import { encodeProgram, MARK, REMOTE_COMMAND } from "../../../backends/libvirt/files/ssh/shellProtocol";

const uuid = "5d9d7b6e-8f0b-5c3e-9a54-3f1d5a6c2b01";
const guard = { name: "claim.json", text: '{"token":"it\'s ours"}' };
const text = (content: string) => [{ bytes: Buffer.from(content) }];
const config = { name: "config-0123456789abcdef", parts: text("hush\n\n"), options: { mode: 0o600 } };
const large = { name: "initrd", parts: text("x".repeat(100_000)), options: { mode: 0o600 } };

let base: string;
let asked: number;
let batches: SshBatches;
/** A folder of programs that are found before the machine's. */
let programs: string;
const own = (name = ""): string => join(base, uuid, name);
beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), "ssh-batches-"));
    programs = mkdtempSync(join(tmpdir(), "ssh-programs-"));
    mkdirSync(own());
    writeFileSync(own(guard.name), guard.text);
    asked = 0;
    // A real sh in place of the far one.
    const ask = async ({ script, words, data = new Uint8Array(), codes = [] }: Ask) => {
        asked++;
        const input = Buffer.concat([encodeProgram(script, words), data]);
        const { status, stdout, stderr } = spawnSync("sh", ["-c", REMOTE_COMMAND], {
            input,
            env: { ...process.env, PATH: `${programs}:${process.env.PATH}` },
        });
        if (status !== 0 && !codes.includes(status!)) throw new Error(`${status}: ${stderr.toString()}`);
        return { code: status!, out: stdout.subarray(stdout.indexOf(`${MARK}\n`) + MARK.length + 1) };
    };
    batches = new SshBatches(
        { ask, verified: new Map() } as unknown as SshConnection,
        async () => base,
        async () => undefined,
    );
});
afterEach(() => {
    for (const folder of [base, programs]) rmSync(folder, { recursive: true, force: true });
});

test("small files are written by one script where the guard holds; a large one is left to a transfer", async () => {
    expect(await batches.putGuarded(uuid, [config, large], guard)).toEqual([config.name]);
    expect([readFileSync(own(config.name), "utf8"), existsSync(own(large.name)), asked]).toEqual([
        "hush\n\n",
        false,
        1,
    ]);
});

test.each<[string, () => void]>([
    ["another's", () => writeFileSync(own(guard.name), '{"token":"theirs"}')],
    ["longer by a line", () => writeFileSync(own(guard.name), `${guard.text}\n{}`)],
    ["empty", () => writeFileSync(own(guard.name), "")],
    ["a folder", () => onlyFolder()],
    ["gone", () => rmSync(own(guard.name))],
    ["incomplete", () => writeFileSync(own(`${guard.name}.unfinished`), "")],
])("where the guard is %s, nothing is written, and nothing removed", async (_what, change) => {
    change();
    const before = readdirSync(own());
    expect(await batches.putGuarded(uuid, [config], guard)).toBe("lost");
    await batches.removeGuard(uuid, guard);
    expect(readdirSync(own())).toEqual(before);
});

test("the guard goes alone; then files and folder by one script", async () => {
    await batches.putGuarded(uuid, [config], guard);
    await batches.removeGuard(uuid, guard);
    expect(readdirSync(own())).toEqual([config.name]);
    await batches.removeAll(uuid, [config.name, "none"]);
    expect([existsSync(own()), asked]).toEqual([false, 3]);
});

test("a folder that another program uses stays, with its files", async () => {
    writeFileSync(own("notes"), "theirs");
    await batches.removeAll(uuid, [guard.name]);
    expect(readdirSync(own())).toEqual(["notes"]);
});

const claim = { name: guard.name, parts: text(guard.text), options: { mode: 0o644, transient: true } };

const onlyFolder = (): void => {
    rmSync(own(guard.name));
    mkdirSync(own(guard.name));
};

const onlyLink = (): void => {
    rmSync(own(guard.name));
    symlinkSync("nowhere", own("link"));
};

describe("a file is made only in an empty folder", () => {
    test.each<[string, () => void, boolean]>([
        ["missing", () => rmSync(own(), { recursive: true }), true],
        ["empty", () => rmSync(own(guard.name)), true],
        ["that has the file", () => undefined, false],
        ["with another file", () => renameSync(own(guard.name), own("kernel")), false],
        ["with a hidden file", () => renameSync(own(guard.name), own(".kernel.head")), false],
        ["with a dangling link", () => onlyLink(), false],
    ])("%s", async (_what, change, made) => {
        change();
        const before = existsSync(own()) ? readdirSync(own()) : [];
        const found = await batches.putInEmpty(uuid, claim);
        const plain = before.filter((name) => !name.startsWith(".") && name !== "link");
        expect([found.made, found.files.map(({ name }) => name)]).toEqual([made, plain]);
        expect(readdirSync(own())).toEqual(made ? [guard.name] : before);
        if (made) expect(readFileSync(own(guard.name), "utf8")).toBe(guard.text);
        expect(asked).toBe(1);
    });
});

test.each(["kernel", ".kernel.head"])("%s of another writer, which comes meanwhile, is found", async (name) => {
    rmSync(own(guard.name));
    const other = '#!/bin/sh\n/bin/ln "$@" && : > "$OTHER"\n';
    writeFileSync(join(programs, "ln"), other.replace("$OTHER", own(name)), { mode: 0o755 });
    const found = await batches.putInEmpty(uuid, claim);
    expect(found).toEqual({ made: true, files: name === "kernel" ? [{ name, size: 0 }] : [] });
    expect(readdirSync(own()).sort()).toEqual([guard.name, name].sort());
});

test.each<[string, string, string]>([
    ["holds", guard.text, "renamed"],
    ["is another's", "{}", "lost"],
])("where the guard %s, files elsewhere are renamed or stay", async (_what, content, expected) => {
    writeFileSync(own(guard.name), content);
    const [log, none] = [join(base, "guest it's.log"), join(base, "none")];
    writeFileSync(log, "hello");
    const renames: [string, string][] = [
        [none, `${none}.last`],
        [log, `${log}.last`],
    ];
    expect(await batches.renameGuarded(uuid, guard, renames)).toBe(expected);
    expect([existsSync(`${log}.last`), existsSync(log)]).toEqual([expected === "renamed", expected === "lost"]);
});

describe("files and folder go by one script that lists them first", () => {
    test("where another create has the folder, nothing goes", async () => {
        writeFileSync(own("kernel"), "k");
        expect(await batches.removeAllUnless(uuid, guard.name, ["kernel"])).toBeUndefined();
        expect(readdirSync(own()).sort()).toEqual([guard.name, "kernel"]);
    });

    test("else they go, and those of other programs stay", async () => {
        rmSync(own(guard.name));
        for (const name of ["kernel", "notes"]) writeFileSync(own(name), "1234");
        mkdirSync(own("theirs"));
        expect(await batches.removeAllUnless(uuid, guard.name, ["kernel"])).toEqual({
            files: [
                { name: "kernel", size: 4 },
                { name: "notes", size: 4 },
            ],
            strange: ["theirs"],
        });
        expect(readdirSync(own()).sort()).toEqual(["notes", "theirs"]);
        expect(asked).toBe(1);
    });
});
