import { execFileSync, spawnSync } from "node:child_process";
import {
    chmodSync,
    linkSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    rmSync,
    statSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Listener } from "../../../backends/libvirt/files/ssh/process";
import { CLAIM, RECEIVE } from "../../../backends/libvirt/files/ssh/putScripts";
import { FOLDERS, LIST, REMOVE, VERIFY } from "../../../backends/libvirt/files/ssh/scripts";
import { encodeProgram, MARK, quote, REMOTE_COMMAND, SERVE } from "../../../backends/libvirt/files/ssh/shellProtocol";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "puk-test-script-"))));
afterEach(() => rmSync(folder, { recursive: true }));

const words = [
    "",
    "plain",
    "two words",
    "it's",
    "''",
    '"quoted"',
    "$HOME",
    "`id`",
    "$(id)",
    "new\nline",
    "\n",
    "back\\slash",
    "*",
    "-n",
    "~",
    "ünï",
    "!x",
    "a;b&c|d>e",
    "\t",
];

test.each(words)("sh takes %j as it is", (word) => {
    expect(execFileSync("sh", ["-c", `printf %s ${quote(word)}`], { encoding: "utf8" })).toBe(word);
});

test("a word with a zero byte is ours to refuse", () => {
    expect(() => quote("a\0b")).toThrow(expect.objectContaining({ code: "internal" }));
});

/** As sshd does: the user's shell is given one string. */
function run(
    shell: string,
    script: string,
    given: string[],
    data = "",
): { out: string; code: number | null; err: string } {
    const { stdout, stderr, status } = spawnSync(shell, ["-c", REMOTE_COMMAND], {
        input: Buffer.concat([encodeProgram(script, given), Buffer.from(data)]),
        encoding: "utf8",
    });
    return { out: stdout.slice(stdout.indexOf(`${MARK}\n`) + MARK.length + 1), code: status, err: stderr };
}

test.each(["sh", "bash"])("a script, its words and its data pass a login shell: %s", (shell) => {
    const { out, code } = run(shell, "printf '%s\\0' \"$@\"; cat", words, "and\nthe data");
    expect(out.split("\0")).toEqual([...words, "and\nthe data"]);
    expect(code).toBe(0);
});

test("what the login shell says before the script is not the script's", () => {
    const lines: string[] = [];
    const listener = new Listener((line) => lines.push(line));
    for (const piece of [
        "Welcome!\n",
        "You have mail",
        `\n${MARK.slice(0, 5)}`,
        `${MARK.slice(5)}\nnee`,
        "d 0\nmore\n",
    ])
        listener.hear(Buffer.from(piece));
    expect(lines).toEqual(["need 0"]);
    expect(String(listener.out())).toBe("need 0\nmore\n");
});

test("the user's own folder where none is named, and what can be written", () => {
    const hello = (base: string, env: Record<string, string>) =>
        spawnSync("sh", ["-c", REMOTE_COMMAND], {
            input: encodeProgram(SERVE, [base]),
            encoding: "utf8",
            env: { PATH: process.env.PATH!, ...env },
        })
            .stdout.split("\n")
            .at(-2);
    const uid = process.getuid!();
    expect(hello("", { HOME: "/home/u" })).toMatch(new RegExp(`^${uid} \\w+ /home/u/.local/share/pulumi-unikernel$`));
    expect(hello("", { HOME: "/home/u", XDG_DATA_HOME: folder })).toBe(`${uid} yes ${folder}/pulumi-unikernel`);
    expect(hello(join(folder, "a b/c"), { HOME: "/" })).toBe(`${uid} yes ${folder}/a b/c`);
    expect(hello("/etc/passwd/here", { HOME: "/" })).toBe(`${uid} no /etc/passwd/here`);
});

test("a host whose dd cannot keep holes says so before anything is sent to it", () => {
    for (const name of ["sh", "dd", "stat", "dirname", "id"]) symlinkSync("/bin/busybox", join(folder, name));
    const { stdout, stderr, status } = spawnSync(join(folder, "sh"), ["-c", REMOTE_COMMAND], {
        input: encodeProgram(SERVE, [""]),
        encoding: "utf8",
        env: { PATH: folder, HOME: "/" },
    });
    expect({ said: stdout.trim().split("\n"), stderr, status }).toEqual({
        said: [MARK],
        stderr: expect.stringContaining("not those of GNU coreutils"),
        status: 1,
    });
});

test("a list names files only, and says when it may not look", () => {
    mkdirSync(join(folder, "sub"));
    symlinkSync("/etc/passwd", join(folder, "link"));
    writeFileSync(join(folder, ".kernel.1.part"), "x");
    // An editor's, NFS's or a cut copy's: it is named, and the caller knows its form.
    expect(
        run("sh", LIST, [folder])
            .out.split("\n")
            .filter((line) => line.startsWith("regular")),
    ).toEqual(["regular file:1:.kernel.1.part"]);
    rmSync(join(folder, ".kernel.1.part"));
    writeFileSync(join(folder, "empty"), "");
    writeFileSync(join(folder, "-n"), "12345");
    expect(
        run("sh", LIST, [folder])
            .out.split("\n")
            .filter((line) => line.startsWith("regular")),
    ).toEqual(["regular file:5:-n", "regular empty file:0:empty"]);
    expect(run("sh", LIST, [join(folder, "none")])).toEqual({ out: "", code: 0, err: "" });
    expect(run("sh", LIST, [join(folder, "empty", "below")])).toMatchObject({
        code: 1,
        err: expect.stringContaining("Not a directory"),
    });
});

test("a folder that is not there is no file; a link that leads nowhere, or a folder that was removed where it is mounted from, is an error", () => {
    expect(run("sh", LIST, [join(folder, "none", "below")])).toEqual({ out: "", code: 0, err: "" });
    symlinkSync("nowhere", join(folder, "away"));
    for (const path of ["away", "away/guest"])
        expect(run("sh", LIST, [join(folder, path)])).toMatchObject({
            code: 1,
            err: `${folder}/away is a link that leads nowhere\n`,
        });
    for (const path of ["away", "away/guests"])
        expect(run("sh", FOLDERS, [join(folder, path)])).toMatchObject({
            code: 1,
            err: `${folder}/away is a link that leads nowhere\n`,
        });
    for (const script of [LIST, FOLDERS]) {
        mkdirSync(join(folder, "gone"));
        // The shell stands in it for as long as the script runs.
        const { stdout, stderr, status } = spawnSync("sh", ["-c", `rmdir ../gone; ${REMOTE_COMMAND}`], {
            cwd: join(folder, "gone"),
            input: encodeProgram(script, ["."]),
            encoding: "utf8",
        });
        expect({ stdout: stdout.split("\n").slice(2), stderr, status }).toEqual({
            stdout: [""],
            stderr: expect.stringContaining("\n. was removed where it is mounted from\n"),
            status: 1,
        });
    }
});

describe("a copy", () => {
    const name = "kernel-0123456789abcdef",
        sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    const put = (data: string, rest = "rest", digest = sha256, known = "") =>
        run(
            "sh",
            CLAIM + RECEIVE,
            [
                folder,
                join(folder, "guest"),
                name,
                "5",
                "644",
                digest,
                join(folder, "shared", digest),
                "replace",
                "",
                known,
                rest,
            ],
            data,
        );
    const left = () => [...readdirSync(join(folder, "guest")), ...readdirSync(folder).filter((one) => one !== "guest")];

    const stored = join("shared", sha256);
    const inode = () => String(statSync(join(folder, stored)).ino);

    test("comes whole, with its mode, and is found the second time", () => {
        const made = put("hello");
        expect(made).toMatchObject({ out: `need 0\ninode ${inode()}\n`, code: 0 });
        expect(statSync(join(folder, "guest", name))).toMatchObject({ mode: 0o100644, nlink: 2, size: 5 });
        expect(put("")).toMatchObject({ out: "have\n", code: 0 });
        rmSync(join(folder, "guest", name));
        expect(put("", "rest", sha256, inode())).toMatchObject({ out: "made\n", code: 0 });
        expect(readFileSync(join(folder, "guest", name), "utf8")).toBe("hello");
    });

    test("is no link to content that was not compared with its digest, or was changed since", () => {
        put("hello");
        rmSync(join(folder, "guest", name));
        for (const known of ["", "1"])
            expect(put("", "rest", sha256, known)).toMatchObject({ out: "unverified\n", code: 0 });
        expect(run("sh", VERIFY, [join(folder, stored), sha256])).toMatchObject({ out: `inode ${inode()}\n`, code: 0 });
        const known = inode();
        writeFileSync(join(folder, stored), "evil!");
        expect(put("hello", "rest", sha256, known)).toMatchObject({ out: expect.stringMatching(/^need 0\n/) });
        expect(readFileSync(join(folder, stored), "utf8")).toBe("hello");
        writeFileSync(join(folder, stored), "evil!");
        expect(run("sh", VERIFY, [join(folder, stored), sha256])).toMatchObject({ out: "", code: 0 });
        expect(readdirSync(join(folder, "shared"))).toEqual([]);
    });

    test("of an inode with all its links is a second inode, which the store gets", () => {
        put("hello");
        const known = inode();
        rmSync(join(folder, "guest", name));
        // Stands for link(2) with EMLINK, or for an inode of another user, for the first link only.
        const failing = `ln() { if [ ! -e "$base/failed" ]; then : > "$base/failed"; return 1; fi; command ln "$@"; }\n`;
        const words = [folder, join(folder, "guest"), name, "5", "644", sha256, join(folder, stored), "", "", known];
        expect(run("sh", failing + CLAIM, words)).toMatchObject({
            out: expect.stringMatching(/^inode \d+\nmade\n$/),
            code: 0,
        });
        expect(inode()).not.toBe(known);
        expect(statSync(join(folder, "guest", name))).toMatchObject({ ino: Number(inode()), nlink: 2, mode: 0o100644 });
    });

    test("that is cut stays under another name, and goes on", () => {
        expect(put("hel")).toMatchObject({ out: "need 0\n", code: 3 });
        expect(left()).toEqual([
            expect.stringMatching(/^\.kernel-[^.]*\.[\w-]*~[0-9a-f]+~[0-9a-f]+~\d+~\d+~\d+~0\.part$/),
        ]);
        expect(put("lo")).toMatchObject({ out: expect.stringMatching(/^need 3\n/), code: 0 });
        expect(left()).toEqual([name, "shared"]);
    });

    test("that is cut begins anew where it comes whole", () => {
        put("hel");
        expect(put("hello", "whole")).toMatchObject({ out: expect.stringMatching(/^need 0\n/), code: 0 });
        expect(left()).toEqual([name, "shared"]);
    });

    test("of something else leaves nothing", () => {
        expect(put("hullo")).toMatchObject({ code: 4 });
        expect(left()).toEqual([]);
    });

    test("that another process still writes is left to it", () => {
        mkdirSync(join(folder, "guest"));
        writeFileSync(join(folder, "guest", `.${name}.${process.pid}.part`), "hel");
        expect(put("hello")).toMatchObject({ out: expect.stringMatching(/^need 0\n/), code: 0 });
        run("sh", REMOVE, [join(folder, "guest"), join(folder, "shared"), name]);
        expect(left()).toEqual([`.${name}.${process.pid}.part`]);
    });

    test("keeps the mode of a folder that was there", () => {
        chmodSync(folder, 0o750);
        put("hello");
        expect(
            [folder, join(folder, "guest"), join(folder, "shared")].map((one) => statSync(one).mode & 0o777),
        ).toEqual([0o750, 0o711, 0o711]);
    });

    test("goes from the shared folder with its last user only", () => {
        put("hello");
        mkdirSync(join(folder, "guest", "other"));
        linkSync(join(folder, "guest", name), join(folder, "guest", "other", name));
        const remove = (...below: string[]) =>
            run("sh", REMOVE, [join(folder, "guest", ...below), join(folder, "shared"), "none", name]);
        remove("other");
        expect(readdirSync(join(folder, "shared"))).toEqual([sha256]);
        expect(remove()).toMatchObject({ code: 0, err: "" });
        rmSync(join(folder, "guest", "other"), { recursive: true });
        expect(left()).toEqual([]);
    });
});
