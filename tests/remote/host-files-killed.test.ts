import { spawn } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { chownSync, existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { isAbandoned, partOf } from "../../backends/libvirt/files/unfinished";
import { sha256 } from "../support/hostFiles";
import { LONG } from "../support/killed";
import { type LibvirtHost, startLibvirtHost } from "../support/libvirtHost";
import { must, until } from "../support/processes";
import { ownMounts, type Sshd, startSshd } from "../support/sshd";

jest.setTimeout(900_000);

/** A user of the test's sshd alone. */
const visitor = 54321;
/** Debian's nobody, who may manage libvirt. */
const nobody = 65534;
/** The checkout and Node may lie below a home that is closed to others: both are seen elsewhere, too. */
const seenAt = 'mount --bind "$1" "$2" && mount --bind "$3" "$4" && shift 4 && exec "$@"';
/** More than ssh sends in one piece. */
const content = randomBytes(1_000_000);

let machine: LibvirtHost;
let sshd: Sshd;
/** As long as `content`, and of other bytes: what is left of it must never be taken for the file. */
let other: string;
let source: string;
/** Gives nothing for as long as no one writes to it: who reads it is held in the middle of a copy. */
let pipe: string;
beforeAll(async () => {
    // Stands for membership in the group libvirt: the daemon's socket is open to all, in this host only.
    machine = await startLibvirtHost({ socketMode: "0777" });
    const file = (name: string): string => join(machine.folder, name);
    [other, source, pipe] = [file("other"), file("source"), file("pipe")];
    await Promise.all([
        mkdir(file("repository")),
        mkdir(file("home")),
        writeFile(file("node"), ""),
        writeFile(other, randomBytes(content.length)),
        writeFile(source, content),
        must("mkfifo", ["-m", "0644", pipe]),
        writeFile(
            file("passwd"),
            `${await readFile("/etc/passwd", "utf8")}visitor:x:${visitor}:65534::${file("home")}:/bin/sh\n`,
        ),
        writeFile(file("shadow"), `${await readFile("/etc/shadow", "utf8")}visitor:*:20000::::::\n`),
    ]);
    chownSync(file("home"), visitor, 65534);
    await machine.inside("mount", "--bind", file("passwd"), "/etc/passwd");
    sshd = await startSshd({
        enter: ownMounts(
            'mount --bind "$1" /etc/passwd; mount --bind "$2" /etc/shadow; mkdir -p /run/libvirt; mount --bind "$3" /run/libvirt',
            file("passwd"),
            file("shadow"),
            file("sock"),
        ),
    });
});
afterAll(async () => {
    await sshd?.close();
    await machine?.close();
});

/** A way to a guest's folder, and the user of this machine who goes it. */
interface Way {
    user: number;
    files(base: string): string;
    parts(): string;
}

const ways = {
    "root's local files": {
        user: 0,
        files: (base) => `new LocalFiles(${JSON.stringify(base)})`,
        parts: held,
    },
    "a user's storage volumes": {
        user: nobody,
        files: (base) => `new VolumeFiles(${JSON.stringify(machine.uri)}, ${JSON.stringify(base)})`,
        parts: held,
    },
    "root's ssh": { user: 0, files: () => `filesOf(${JSON.stringify(sshd.uri())})`, parts: () => fileAt(other) },
    "a user's ssh": {
        user: 0,
        files: () => `filesOf(${JSON.stringify(sshd.uri("/system", "visitor"))})`,
        parts: () => fileAt(other),
    },
} satisfies Record<string, Way>;

/** Of the size of its first part, since the pipe has none. */
function held(): string {
    return `[{ bytes: require("node:fs").readFileSync(${JSON.stringify(other)}) }, { file: ${JSON.stringify(pipe)} }]`;
}

function fileAt(path: string): string {
    return `[{ file: ${JSON.stringify(path)} }]`;
}

/** Runs a program of one of the ways. @returns what it printed as JSON, undefined when it was killed */
async function run({ user, files }: Way, base: string, body: string): Promise<unknown> {
    const dist = join(machine.folder, "repository", "dist", "backends", "libvirt");
    const program = `
        const { closeSsh, filesOf, LocalFiles, VolumeFiles } = require(${JSON.stringify(join(dist, "files"))});
        const { closeClient } = require(${JSON.stringify(join(dist, "client"))});
        (async () => { const files = ${files(base)}; ${body} })()
            .then((result) => console.log(JSON.stringify(result ?? null)), (error) => console.log(JSON.stringify({ code: error.code, message: String(error.message) })))
            .finally(() => Promise.all([closeClient(), closeSsh()]));`;
    const mounts = [
        "--mount",
        "--propagation",
        "private",
        "sh",
        "-c",
        seenAt,
        "sh",
        process.cwd(),
        join(machine.folder, "repository"),
        process.execPath,
        join(machine.folder, "node"),
    ];
    const drop = user === 0 ? [] : ["setpriv", `--reuid=${user}`, `--regid=${user}`, "--clear-groups"];
    const child = spawn("unshare", [...mounts, ...drop, join(machine.folder, "node"), "-e", program], {
        cwd: "/",
        env: { PATH: process.env.PATH!, HOME: join(machine.folder, "home"), PULUMI_UNIKERNEL_DIR: base },
        stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "",
        stderr = "";
    child.stdout.on("data", (text) => (stdout += text));
    child.stderr.on("data", (text) => (stderr += text));
    const signal = await new Promise((resolve) => child.on("close", (_code, signal) => resolve(signal)));
    if (signal === "SIGKILL") return undefined;
    if (!stdout) throw new Error(stderr);
    return JSON.parse(stdout);
}

/** Whoever was killed is gone, with all that worked for it on the far side, and left something. */
async function settled(folder: string): Promise<string[]> {
    let left: string[] = [];
    await until(() => {
        left = readdirSync(folder).sort();
        const parts = left.flatMap((name) => partOf(name) ?? []);
        return parts.length > 0 && parts.every(({ writer }) => isAbandoned(writer, 0));
    });
    return left;
}

type Name = keyof typeof ways;
/** Killed in the middle; goes on. Each way once at least in each place. */
const PAIRS: [Name, Name][] = [
    ["a user's storage volumes", "root's local files"],
    ["a user's storage volumes", "root's ssh"],
    ["a user's ssh", "a user's storage volumes"],
    ["root's local files", "a user's ssh"],
    ["root's ssh", "root's local files"],
];
/** With these, each two ways that may meet in one folder, both ways round. */
const others: [Name, Name][] = [
    ["root's local files", "a user's storage volumes"],
    ["root's ssh", "a user's storage volumes"],
    ["root's local files", "root's ssh"],
    ["a user's ssh", "root's local files"],
    ["a user's storage volumes", "a user's ssh"],
];
const pairs = LONG ? [...PAIRS, ...others] : PAIRS;
/** A file that guests may share, and one of a guest's own that is made once. */
const kinds: [call: "put" | "putNew", name: string, mode: string][] = [
    ["put", "image-0123456789abcdef.img", "0o644"],
    ["putNew", "db.persist.img", "0o600"],
];

const of = `${pairs.length} of ${PAIRS.length + others.length} pairs`;
describe.each(pairs)(`killed in the middle: %s; goes on: %s (${of})`, (first, second) => {
    const withVolumes = `${first} ${second}`.includes("volumes");
    const [killed, next]: Way[] = [ways[first], ways[second]];
    let base: string;
    let uuid: string;
    let folder: string;
    beforeEach(() => {
        base = join(machine.folder, "guests", randomUUID());
        uuid = randomUUID();
        folder = join(base, uuid);
        for (const one of [base, folder]) {
            mkdirSync(one, { mode: 0o711 });
            if (/user's ssh/.test(first + second)) chownSync(one, visitor, 65534);
        }
    });

    async function kill([call, name, mode]: [string, string, string]): Promise<void> {
        const die = `await files.${call}("${uuid}", "${name}", ${killed!.parts()}, { mode: ${mode}, onProgress: () => process.kill(process.pid, "SIGKILL") });`;
        expect(await run(killed!, base, die)).toBeUndefined();
        const left = await settled(folder);
        expect(left.filter((one) => partOf(one)?.name === name)).toHaveLength(1);
        expect(left.filter((one) => !partOf(one))).toEqual(
            first === "a user's storage volumes" ? [name, `${name}.unfinished`] : [],
        );
    }

    test.each(kinds.slice(0, withVolumes ? 2 : 1))("%s of %s", async (...kind) => {
        const [call, name, mode] = kind;
        await kill(kind);
        expect(
            await run(
                next!,
                base,
                `
            const before = await files.list("${uuid}"), strange = await files.strange("${uuid}"), digest = await files.digest("${uuid}", "${name}");
            const made = await files.${call}("${uuid}", "${name}", ${fileAt(source)}, { mode: ${mode} });
            return { before, strange, digest, made, after: await files.list("${uuid}"), sha256: await files.digest("${uuid}", "${name}") };
        `,
            ),
        ).toEqual({
            before: [],
            strange: [],
            ...(call === "put" ? {} : { made: true }),
            after: [{ name, size: content.length }],
            sha256: sha256(content),
        });
        expect(readdirSync(folder)).toEqual([name]);
        expect(statSync(join(folder, name)).mode & 0o777).toBe(Number(mode));
        expect(sha256(await readFile(join(folder, name)))).toBe(sha256(content));
    });

    if (withVolumes)
        test("removal of what was half made", async () => {
            await kill(kinds[1]!);
            expect(
                await run(
                    next!,
                    base,
                    `await files.remove("${uuid}", ...(await files.list("${uuid}")).map(({ name }) => name)); await files.removeFolder("${uuid}");`,
                ),
            ).toBeNull();
            expect(existsSync(folder) ? readdirSync(folder) : []).toEqual([]);
            expect(existsSync(folder)).toBe(false);
            // root asks libvirt for none of its own folders, and so for no pool of one either.
            if (!second.startsWith("root"))
                expect(await machine.virsh("pool-list", "--all", "--name")).not.toContain(uuid);
        });
});
