import { existsSync } from "node:fs";
import { chmod, chown, mkdir, symlink } from "node:fs/promises";
import { join, resolve } from "node:path";

import type { Result } from "../../cli/doctor";
import { type LibvirtHost, startLibvirtHost } from "../support/libvirtHost";
import { capture, type ExecResult } from "../support/processes";
import { HANG_MS } from "../support/time";

jest.setTimeout(900_000);

const repository = resolve(__dirname, "../..");
const main = join(repository, "dist", "cli", "main.js");

const UNPRIVILEGED = 65534;
/** May read everything (this repository), and is not root to anybody else. */
const asNobody = [
    "setpriv",
    "--reuid",
    String(UNPRIVILEGED),
    "--regid",
    String(UNPRIVILEGED),
    "--clear-groups",
    "--inh-caps",
    "+dac_read_search",
    "--ambient-caps",
    "+dac_read_search",
];

let engine: { PATH: string };
beforeAll(async () => {
    engine = (await import("../../tools/engine.mjs")).engineEnv();
});

/** One for all: what a test stops it starts again. */
let host: LibvirtHost;
beforeAll(async () => {
    host = await startLibvirtHost();
});
afterAll(() => host?.close());

interface Said extends ExecResult {
    works: boolean;
    checks: Result[];
}

/** Runs `doctor --json`, as a user would. @param enter a command that it is started by */
async function doctor({
    env = {},
    connection = host.uri,
    enter = [],
}: {
    env?: Record<string, string>;
    connection?: string;
    enter?: string[];
} = {}): Promise<Said> {
    const [file = "", ...args] = [...enter, process.execPath, main, "doctor", "--json", "--connection", connection];
    const ended = await capture(file, args, {
        env: { ...host.env, ...engine, ...env },
        cwd: repository,
        timeout: HANG_MS,
    });
    return { ...ended, ...JSON.parse(ended.stdout) };
}

const named = ({ checks }: Said, id: string) => checks.filter((check) => check.id === id);
const one = (said: Said, id: string, status: Result["status"]) => {
    const found = named(said, id).find((check) => check.status === status);
    if (!found) throw new Error(`no ${status} of ${id} in ${said.stdout}`);
    return found;
};
/** Runs the command that doctor gave, as its reader would. */
const mend = (fix = "") => capture("sh", ["-c", fix.replaceAll("sudo ", "")], {});

test("a network that is not started: a warning, and the command starts it; then all works: exit code 0, the probe guest booted and is gone", async () => {
    const { name } = await host.defineNatNetwork("net0");
    await host.virsh("net-destroy", name);
    const before = await doctor();
    expect(before.code).toBe(0);
    const { found, fix } = one(before, "networks", "warn");
    expect(found).toBe("net0 is not started");
    expect(await mend(fix)).toMatchObject({ code: 0 });
    const said = await doctor();
    expect(said).toMatchObject({ code: 0, works: true });
    expect(one(said, "networks", "ok").found).toBe("net0 is active");
    expect(one(said, "accelerators", "ok").found).toContain("tcg: the probe guest booted");
    expect(named(said, "accelerators").find(({ status }) => status === "warn")?.found).toMatch(
        /^kvm: .*accelerator auto will use tcg$/,
    );
    expect(await host.virsh("list", "--all", "--name")).toBe("");
});

test("the daemon is stopped: exit code 1, and what needs it is not tried", async () => {
    await host.stopDaemon();
    const said = await doctor().finally(() => host.startDaemon());
    expect(said).toMatchObject({ code: 1, works: false });
    expect(one(said, "connection", "fail")).toMatchObject({
        found: expect.stringContaining("No such file or directory"),
        note: expect.stringContaining(host.socket),
    });
    expect(named(said, "accelerators").map(({ status }) => status)).toEqual(["skip"]);
});

test("no daemon at the usual place: the command that starts it", async () => {
    const enter = [
        "unshare",
        "--mount",
        "--propagation",
        "private",
        "sh",
        "-c",
        'mount -t tmpfs none "$(readlink -f /var/run/libvirt)"; exec "$@"',
        "-",
    ];
    const said = await doctor({ connection: "qemu:///system", enter });
    expect(said.code).toBe(1);
    expect(one(said, "connection", "fail").fix).toBe(
        existsSync("/run/systemd/system") ? "sudo systemctl start libvirtd" : "virtlogd -d; libvirtd -d",
    );
});

test("a user without permission is told apart from a daemon that is away", async () => {
    const said = await doctor({ enter: asNobody });
    expect(said.code).toBe(1);
    expect(one(said, "connection", "fail")).toMatchObject({
        found: expect.stringContaining("Permission denied"),
        fix: expect.stringMatching(/^sudo usermod -aG libvirt /),
    });
});

test("a user who may use the system's libvirt and is not root: files go through libvirt", async () => {
    await chmod(host.socket, 0o777);
    const said = await doctor({ enter: asNobody }).finally(() => chmod(host.socket, 0o700));
    expect(one(said, "folder", "ok").found).toContain("libvirt writes there for us");
    expect(one(said, "accelerators", "ok").found).toContain("tcg: the probe guest booted");
});

test("a program that is not on PATH: its package", async () => {
    const bin = join(host.folder, "bin");
    await mkdir(bin);
    for (const name of ["pulumi", "pulumi-language-nodejs"]) await symlink(join(enginePath(), name), join(bin, name));
    const said = await doctor({ env: { PATH: bin } });
    expect(said.code).toBe(1);
    expect(one(said, "program-xorriso", "fail").fix).toBe("sudo apt-get install xorriso");
    expect(one(said, "program-qemu-img", "warn").fix).toBe("sudo apt-get install qemu-utils");
});

test("a folder that QEMU's user may not pass: the command that doctor gives opens it", async () => {
    const closed = join(host.folder, "home of ann");
    await mkdir(join(closed, "guests"), { recursive: true });
    await chmod(closed, 0o700);
    const env = { PULUMI_UNIKERNEL_DIR: join(closed, "guests") };
    const before = await doctor({ env });
    const { found, fix } = one(before, "folder", "fail");
    expect(before.code).toBe(1);
    expect(found).toContain(`(libvirt-qemu) may not pass ${closed}`);
    expect(await mend(fix)).toMatchObject({ code: 0 });
    const after = await doctor({ env });
    expect(after.code).toBe(0);
    expect(one(after, "accelerators", "ok").found).toContain("tcg");
});

test("a session: no networks, and a bridge needs its helper's access list", async () => {
    await host.inside("ip", "link", "add", "br0", "type", "bridge");
    const own = { XDG_RUNTIME_DIR: join(host.folder, "runtime"), HOME: join(host.folder, "home") };
    for (const folder of Object.values(own)) {
        await mkdir(folder, { mode: 0o700 });
        await chown(folder, UNPRIVILEGED, UNPRIVILEGED);
    }
    const env = Object.entries({ ...engine, ...own }).map(([name, value]) => `${name}=${value}`);
    const stdout = await host.inside(
        "sh",
        "-c",
        '"$@" || :',
        "-",
        ...asNobody,
        "env",
        "-u",
        "XDG_CACHE_HOME",
        "-u",
        "XDG_CONFIG_HOME",
        "-u",
        "XDG_DATA_HOME",
        "-C",
        repository,
        ...env,
        process.execPath,
        main,
        "doctor",
        "--json",
        "--connection",
        "qemu:///session",
    );
    const said: Said = { stdout, stderr: "", code: 0, ...JSON.parse(stdout) };
    // The engine may lie in root's home, where this user cannot go.
    expect(said.checks.filter(({ id, status }) => status === "fail" && id !== "pulumi")).toEqual([]);
    expect(one(said, "folder", "ok").found).toContain(join(own.HOME, ".local/share/pulumi-unikernel"));
    expect(one(said, "networks", "ok").found).toBe("a session has no libvirt networks; attach by user or bridge");
    const commands = named(said, "bridges").map(({ fix }) => fix);
    if (!existsSync("/etc/qemu/bridge.conf"))
        expect(commands).toContainEqual(
            expect.stringContaining("echo 'allow br0' | sudo tee -a /etc/qemu/bridge.conf"),
        );
    expect(one(said, "accelerators", "ok").found).toContain("tcg: the probe guest booted");
});

function enginePath(): string {
    const folder = engine.PATH.split(":").find((path) => existsSync(join(path, "pulumi")));
    if (!folder) throw new Error("no engine on PATH");
    return folder;
}
