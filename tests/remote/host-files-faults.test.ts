import { randomBytes, randomUUID } from "node:crypto";
import { existsSync, truncateSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { closeSsh, filesOf } from "../../backends/libvirt/files";
import type { HostFiles } from "../../backends/libvirt/host";
import { capture, until } from "../support/processes";
import { ownMounts, type Sshd, startSshd } from "../support/sshd";
import { HANG_MS } from "../support/time";

jest.setTimeout(900_000);

let sshd: Sshd;
let folder: string;
let source: string;
const content = randomBytes(32 << 20);
const image = "image-0123456789abcdef.img";
beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), `puk-test-${process.pid}-`));
    await Promise.all(["full", "read-only", "guests"].map((name) => mkdir(join(folder, name))));
    sshd = await startSshd({
        enter: ownMounts(
            'mount -t tmpfs -o size=512k tmpfs "$1/full"; mount -t tmpfs -o ro tmpfs "$1/read-only"',
            folder,
        ),
    });
    source = join(folder, "source");
    await writeFile(source, content);
});
afterAll(async () => {
    await closeSsh();
    await sshd?.close();
    await rm(folder, { recursive: true, force: true });
});

function open(base: string, uri = sshd.uri(), timeouts = {}): HostFiles {
    process.env.PULUMI_UNIKERNEL_DIR = join(folder, base);
    try {
        return filesOf(uri, timeouts);
    } finally {
        delete process.env.PULUMI_UNIKERNEL_DIR;
    }
}

/** Who still runs an ssh of the test's own. */
async function sshes(): Promise<string[]> {
    const all = await Promise.all(
        (await readdir("/proc"))
            .filter((name) => /^\d+$/.test(name))
            .map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")),
    );
    return all.filter((line) => line.includes("ssh\0") && line.includes(join(sshd.folder, "config")));
}

test("the host ends in the middle of a copy: the copy goes on when it is back, and nobody sees half a file", async () => {
    const files = open("cut"),
        uuid = randomUUID(),
        path = join(folder, "cut", uuid, image);
    let pieces = 0;
    let ended: Promise<void> | undefined;
    await files.put(uuid, image, [{ file: source }], {
        mode: 0o644,
        onProgress: (bytes) => {
            pieces++;
            if (bytes > 16 << 20)
                ended ??= sshd.kill().then(async () => {
                    expect(existsSync(path)).toBe(false);
                    await sshd.start();
                });
        },
    });
    await ended;
    expect((await readFile(path)).equals(content)).toBe(true);
    expect((await sshd.calls()).filter((line) => line.includes("ControlMaster=yes")).length).toBeGreaterThan(1);
    // From where it was cut, not from the beginning: that would be half as many pieces again.
    expect(pieces).toBeLessThan((content.length / (256 << 10)) * 1.25);
    expect(await readdir(join(folder, "cut", uuid))).toEqual([image]);
    await files.remove(uuid, image);
    await files.removeFolder(uuid);
});

test("a host that stays away is unreachable, whatever was asked, and nothing is taken for gone", async () => {
    const files = open("guests"),
        uuid = randomUUID();
    await files.put(uuid, image, [{ bytes: Buffer.from("here") }], { mode: 0o644 });
    await sshd.kill();
    try {
        for (const ask of [
            () => files.list(uuid),
            () => files.read(uuid, image, { length: 4 }),
            () => files.digest(uuid, image),
        ]) {
            await expect(ask()).rejects.toMatchObject({
                code: "unreachable",
                hint: expect.stringContaining(`-p ${sshd.port}`),
            });
        }
    } finally {
        await sshd.start();
    }
    expect(await files.list(uuid)).toEqual([{ name: image, size: 4 }]);
});

test("SIGKILL in the middle of a copy leaves nothing in use, and the next run finishes it", async () => {
    await closeSsh();
    expect(await sshes()).toEqual([]);
    const uuid = randomUUID(),
        path = join(folder, "killed", uuid, image);
    const program = (body: string): string => `
        const { filesOf } = require(${JSON.stringify(join(process.cwd(), "dist", "backends", "libvirt", "files"))});
        const files = filesOf(${JSON.stringify(sshd.uri())});
        const put = (onProgress) => files.put("${uuid}", "${image}", [{ file: ${JSON.stringify(source)} }], { mode: 0o644, onProgress });
        (async () => { ${body} })();`;
    const run = (body: string) =>
        capture(process.execPath, ["-e", program(body)], {
            env: { PULUMI_UNIKERNEL_DIR: join(folder, "killed") },
            timeout: HANG_MS,
        });
    await expect(
        run("await put((bytes) => bytes > 16 << 20 && process.kill(process.pid, 'SIGKILL'));"),
    ).rejects.toMatchObject({ signal: "SIGKILL" });
    await until(async () => (await sshes()).length === 0);
    expect(existsSync(path)).toBe(false);
    expect(await readdir(join(folder, "killed", uuid))).toEqual([expect.stringMatching(/^\.image-.*\.part$/)]);
    // It ends by itself although the connection is open, which ends with it.
    expect(
        await run(
            "let first; await put((bytes) => first ??= bytes); console.log(first > 1 << 20, (await files.list('" +
                uuid +
                "')).length);",
        ),
    ).toMatchObject({ stdout: "true 1\n", code: 0 });
    await until(async () => (await sshes()).length === 0);
    expect((await readFile(path)).equals(content)).toBe(true);
    expect(await readdir(join(folder, "killed", uuid))).toEqual([image]);
});

test("a temporary file of another content that a killed process left", async () => {
    const files = open("guests"),
        uuid = randomUUID();
    const { stdout: gone } = await capture("sh", ["-c", "echo $$"]);
    await mkdir(join(folder, "guests", uuid));
    for (const name of [image, "other"])
        await writeFile(join(folder, "guests", uuid, `.${name}.${gone.trim()}.part`), "not the beginning");
    await files.put(uuid, image, [{ file: source }], { mode: 0o644 });
    expect((await stat(join(folder, "guests", uuid, image))).size).toBe(content.length);
    await files.remove(uuid, image);
    await files.removeFolder(uuid);
    expect(existsSync(join(folder, "guests", uuid))).toBe(false);
});

test("a host that hangs: a time-out, and the next question goes through", async () => {
    const files = open("hangs", sshd.uri(), { call: 1000 }),
        uuid = randomUUID();
    await files.put(uuid, "x", [], { mode: 0o644 });
    const pipe = join(folder, "hangs", uuid, "console.log");
    await capture("mkfifo", [pipe]);
    for (const ask of [
        () => files.read(uuid, "console.log", { length: 10 }),
        () => files.digest(uuid, "console.log"),
    ]) {
        await expect(ask()).rejects.toMatchObject({ code: "timeout" });
    }
    expect(await files.list(uuid)).toEqual([{ name: "x", size: 0 }]);
    // Lets go of whoever waits there.
    await writeFile(pipe, "");
});

test("a source that goes away while it is copied", async () => {
    const files = open("away"),
        uuid = randomUUID(),
        short = join(folder, "short");
    await writeFile(short, content);
    const onProgress = (bytes: number): void => {
        if (bytes > 4 << 20) truncateSync(short);
    };
    await expect(files.put(uuid, image, [{ file: short }], { mode: 0o644, onProgress })).rejects.toMatchObject({
        code: "changed",
    });
    await expect(files.put(uuid, image, [{ file: folder }], { mode: 0o644 })).rejects.toMatchObject({
        code: "invalid",
    });
    expect(await files.list(uuid)).toEqual([]);
});

test("a full disk there", async () => {
    const files = open("full"),
        uuid = randomUUID();
    await files.put(uuid, "small", [{ bytes: Buffer.alloc(1000, 1) }], { mode: 0o644 });
    for (const [name, parts] of [
        [image, [{ file: source }]],
        ["secret", [{ bytes: randomBytes(65_000) }, { bytes: randomBytes(600_000) }]],
    ] as const) {
        await expect(files.put(uuid, name, [...parts], { mode: 0o644 })).rejects.toMatchObject({
            code: "no-space",
            hint: expect.stringContaining("df -h"),
        });
    }
    await files.put(uuid, "other", [{ bytes: Buffer.alloc(1000, 1) }], { mode: 0o644 });
    expect(await files.list(uuid)).toEqual([
        { name: "other", size: 1000 },
        { name: "small", size: 1000 },
    ]);
});

test("a folder that may not be written there: permission, with the command that helps", async () => {
    const base = join(folder, "read-only", "guests");
    await expect(open("read-only/guests").put(randomUUID(), "x", [], { mode: 0o644 })).rejects.toMatchObject({
        code: "permission",
        hint: expect.stringMatching(
            new RegExp(`ssh -p ${sshd.port} .*root@127.0.0.1 -t 'sudo install -d -m 0711 -o "\\$USER" ${base}'`),
        ),
    });
});

test.each([
    [
        "a login shell that talks",
        "printf 'Welcome! %s'; echo And be warned. >&2; eval \"$SSH_ORIGINAL_COMMAND\"",
        undefined,
    ],
    [
        "an account that runs one program only",
        "echo You may not.",
        {
            code: "unsupported",
            message: expect.stringContaining("You may not."),
            hint: expect.stringContaining("dd --version"),
        },
    ],
])("%s", async (_name, command, error) => {
    const other = await startSshd({ config: [`ForceCommand ${command}`] });
    try {
        const list = open("guests", other.uri("/session")).list(randomUUID());
        await (error ? expect(list).rejects.toMatchObject(error) : expect(list).resolves.toEqual([]));
    } finally {
        await other.close();
    }
});

test("a large image passes through, and is never in memory", async () => {
    const uuid = randomUUID(),
        large = join(folder, "large");
    await writeFile(large, content);
    truncateSync(large, 400 << 20);
    const { stdout } = await capture(
        process.execPath,
        [
            "-e",
            `
        const { filesOf } = require(${JSON.stringify(join(process.cwd(), "dist", "backends", "libvirt", "files"))});
        filesOf(${JSON.stringify(sshd.uri())}).put("${uuid}", "data.persist.img", [{ file: ${JSON.stringify(large)} }], { mode: 0o600 })
            .then(() => console.log(process.resourceUsage().maxRSS));`,
        ],
        { env: { PULUMI_UNIKERNEL_DIR: join(folder, "large-guests") }, timeout: HANG_MS },
    );
    expect(Number(stdout)).toBeGreaterThan(0);
    expect(Number(stdout) / 1024).toBeLessThan(250);
    const { size, blocks } = await stat(join(folder, "large-guests", uuid, "data.persist.img"));
    expect(size).toBe(400 << 20);
    expect(blocks * 512).toBeLessThan(content.length + (1 << 20));
});

describe("who cannot be reached", () => {
    let silent: ReturnType<typeof createServer>;
    beforeAll(async () => {
        silent = createServer();
        await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
        await writeFile(join(sshd.folder, "no_key"), "");
        await writeFile(
            join(sshd.folder, "stranger"),
            (await readFile(join(sshd.folder, "ssh"), "utf8")).replace(
                "exec /usr/bin/ssh",
                "exec /usr/bin/ssh -o UserKnownHostsFile=/dev/null",
            ),
            { mode: 0o755 },
        );
        const others = (await readFile(join(sshd.folder, "user_key.pub"), "utf8")).split(" ").slice(0, 2).join(" ");
        await writeFile(join(sshd.folder, "changed_hosts"), `[127.0.0.1]:${sshd.port} ${others}\n`);
        await writeFile(
            join(sshd.folder, "changed"),
            (await readFile(join(sshd.folder, "ssh"), "utf8")).replace(
                "exec /usr/bin/ssh",
                `exec /usr/bin/ssh -o UserKnownHostsFile=${sshd.folder}/changed_hosts`,
            ),
            { mode: 0o755 },
        );
    });
    afterAll(() => silent.close());

    const cases: [string, () => string, string, RegExp, RegExp][] = [
        [
            "a host key that nobody knows",
            () => sshd.uri().replace("/ssh&", "/stranger&"),
            "unreachable",
            /Host key verification failed/,
            /accept it once by hand: \S+ -p \d+ -i \S+ root@127.0.0.1 true/,
        ],
        [
            "another host key than before",
            () => sshd.uri().replace("/ssh&", "/changed&"),
            "unreachable",
            /cannot be reached by ssh/,
            /ssh-keygen -R/,
        ],
        [
            "a key that is not let in",
            () => sshd.uri().replace("user_key", "no_key"),
            "unreachable",
            /Permission denied/,
            /ssh-copy-id/,
        ],
        [
            "a port where nobody listens",
            () => sshd.uri().replace(/:\d+\//, ":9/"),
            "unreachable",
            /Connection refused/,
            /true$/,
        ],
        [
            "a name that nobody knows",
            () => sshd.uri().replace("127.0.0.1", "nowhere.invalid"),
            "unreachable",
            /resolve/,
            /true$/,
        ],
        [
            "a host that says nothing",
            () => sshd.uri().replace(/:\d+\//, `:${(silent.address() as AddressInfo).port}/`),
            "unreachable",
            /no answer within 1 s/,
            /true$/,
        ],
    ];
    test.each(cases)("%s", async (_name, uri, code, message, hint) => {
        await expect(open("guests", uri(), { connect: 1000 }).list(randomUUID())).rejects.toMatchObject({
            code,
            message: expect.stringMatching(message),
            hint: expect.stringMatching(hint),
        });
    });

    test("no_verify takes a key that nobody knows, as libvirt does", async () => {
        expect(
            await open("guests", `${sshd.uri().replace("/ssh&", "/stranger&")}&no_verify=1`).list(randomUUID()),
        ).toEqual([]);
    });

    test("a program that is not there", async () => {
        const uri = sshd.uri("/session").replace("/ssh&", "/none&");
        await expect(open("guests", uri).list(randomUUID())).rejects.toMatchObject({ code: "program-missing" });
    });
});
