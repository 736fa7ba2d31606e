import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Shown } from "../../core/commands";
import { type GuestOptions, type Lifecycle, openLifecycle } from "../support/lifecycle";
import { type PlanOptions, testPlan } from "../support/plans";
import { capture, type ExecResult, must, until } from "../support/processes";
import { ownMounts, type Sshd, startSshd } from "../support/sshd";
import { HANG_MS } from "../support/time";
import { tinyDomain } from "../support/tinyDomain";

jest.setTimeout(900_000);

const main = resolve(__dirname, "../../dist/cli/main.js");
const SECRET = "hush-0d4f";

let [one, two]: Lifecycle[] = [];
let its: Lifecycle, other: Lifecycle;
let engine: { PATH: string };
beforeAll(async () => {
    engine = (await import("../../tools/engine.mjs")).engineEnv();
    [one, two] = [await openLifecycle(), await openLifecycle()];
    [its, other] = [one as Lifecycle, two as Lifecycle];
    await its.host.defineNatNetwork("lan", { subnet: "10.67.0", isolated: true });
});
afterAll(async () => {
    await one?.close();
    await two?.close();
});

const run = (words: string[], env: Record<string, string> = {}): Promise<ExecResult> =>
    capture(process.execPath, [main, ...words], { env: { ...its.host.env, ...engine, ...env }, timeout: HANG_MS });

/** Create a guest and return its options and uuid. */
async function made(at: Lifecycle, options: GuestOptions): Promise<PlanOptions & { uuid: string }> {
    const guest = at.guest(options);
    await at.create(guest);
    return { ...guest, uuid: (await testPlan(guest)).spec.uuid };
}

describe("ls", () => {
    let guests: (PlanOptions & { uuid: string })[];
    const nowhere = "qemu+unix:///system?socket=/nowhere/libvirt-sock";
    beforeAll(async () => {
        guests = [
            await made(its, {
                name: "web-1",
                env: { TOKEN: SECRET },
                interfaces: [
                    { mac: "52:54:00:00:67:01", attach: { network: "lan" }, ipv4: { address: "10.67.0.5/24" } },
                ],
            }),
            await made(its, { name: "web-2", state: "paused", memory: 24 }),
            await made(other, { name: "web-3" }),
        ];
        const xml = join(its.host.folder, "foreign.xml");
        writeFileSync(xml, tinyDomain({ name: "foreign" }));
        await its.host.virsh("create", xml);
        await other.host.virsh("destroy", "web-3");
    });
    const list = async (...words: string[]): Promise<ExecResult & { shown: Shown }> => {
        const ended = await run(["ls", "--json", ...words]);
        return { ...ended, shown: JSON.parse(ended.stdout) as Shown };
    };

    test("the guests with our mark on all hosts, with the uptime of QEMU's process; a silent host hides none, and is named", async () => {
        const before = await uptimeOf(its, guests[0]!);
        const { code, shown, stdout } = await list(
            ...[its.host.uri, nowhere, other.host.uri].flatMap((uri) => ["--connection", uri]),
        );
        expect(code).toBe(1);
        expect(shown.hosts).toMatchObject([
            { connection: its.host.uri, hostname: expect.any(String) as string },
            { connection: nowhere, error: expect.stringContaining("/nowhere/libvirt-sock") as string },
            { connection: other.host.uri },
        ]);
        expect(shown.guests).toMatchObject([
            { name: "web-1", uuid: guests[0]!.uuid, connection: its.host.uri, state: "running", memory: 16 },
            { name: "web-2", connection: its.host.uri, state: "paused", memory: 24, resource: "web-2", stack: "test" },
            { name: "web-3", connection: other.host.uri, state: "stopped" },
        ]);
        expect(shown.guests[0]!.uptime).toBeGreaterThanOrEqual(before - 1);
        expect(shown.guests[0]!.uptime).toBeLessThanOrEqual((await uptimeOf(its, guests[0]!)) + 1);
        expect(shown.guests[2]).not.toHaveProperty("uptime");
        expect(stdout).not.toContain(SECRET);
        // All are ready since some moment of this test.
        for (const { lastChange } of shown.guests)
            expect(Date.now() - Date.parse(lastChange.at!)).toBeLessThan(3_600_000);
    });

    test("a table: no colours and nothing cut in a pipe", async () => {
        const { code, stdout, stderr } = await run(["ls", "--connection", its.host.uri, "--connection", nowhere]);
        expect(code).toBe(1);
        expect(stdout.split("\n")[0]).toMatch(/^NAME +STATE +HOST +UPTIME +ADDRESSES +MEMORY +LAST CHANGE$/);
        expect(stdout).toMatch(/^web-1 +running .* 16 MiB +\d+.* ago$/m);
        expect(stdout).not.toMatch(/foreign|\u001b|…/);
        expect(stderr).toContain("/nowhere/libvirt-sock");
    });

    test("a host that is silent to several questions at once is no success", async () => {
        const ended = await Promise.all(Array.from({ length: 3 }, () => run(["ls", "--connection", nowhere])));
        expect(ended.map(({ code, stdout }) => [code, stdout])).toEqual(ended.map(() => [1, "no guests\n"]));
    });

    test("on a terminal it is cut to its width, and has colours unless NO_COLOR is set", async () => {
        const words = [process.execPath, main, "ls", "--connection", its.host.uri].map((word) => `'${word}'`).join(" ");
        // Node shows no colours where one of these says so, and a machine that runs tests for others sets CI.
        const unset = ["CI", "FORCE_COLOR", "NODE_DISABLE_COLORS", "NO_COLOR", "TEAMCITY_VERSION", "TMUX"];
        const ownEnv = `env ${unset.map((name) => `-u ${name}`).join(" ")}`;
        const seen = async (setting: string): Promise<string[]> => {
            const script = `stty cols 60; ${ownEnv} ${setting} ${words}`;
            const { stdout } = await capture("script", ["-qec", script, "/dev/null"], {
                env: { ...its.host.env, TERM: "xterm-256color" },
            });
            return stdout.split("\r\n").filter(Boolean);
        };
        const [coloured, plain] = [await seen(""), await seen("NO_COLOR=1")];
        expect(coloured.join("\n")).toContain("\u001b[32mrunning\u001b[39m");
        expect(plain.join("\n")).not.toContain("\u001b[");
        for (const line of plain) expect(line.length).toBeLessThanOrEqual(60);
        expect(plain[0]).toMatch(/^NAME/);
    });

    test("over ssh, the same", async () => {
        const sshd: Sshd = await startSshd({
            enter: ownMounts('mkdir -p /run/libvirt; mount --bind "$1" /run/libvirt', join(its.host.folder, "sock")),
        });
        try {
            const { code, shown } = await list("--connection", sshd.uri());
            expect(code).toBe(0);
            expect(shown.guests).toMatchObject([
                { name: "web-1", state: "running", uptime: expect.any(Number) as number },
                { name: "web-2" },
            ]);
        } finally {
            await sshd.close();
        }
    });

    test("of a stack, by the Pulumi CLI: what the host does not have, and what cannot be asked, stay in the list", async () => {
        const stack = await stackOf(its.host.folder, [
            ...guests.map((guest) => ({ guest, connection: guest.connection })),
            {
                guest: { ...guests[0]!, name: "gone", uuid: "6f1c2a4e-0b7d-4f0e-9a52-6d8f6f0f3c11" },
                connection: its.host.uri,
            },
            {
                guest: { ...guests[0]!, name: "far", uuid: "6f1c2a4e-0b7d-4f0e-9a52-6d8f6f0f3c12" },
                connection: nowhere,
            },
        ]);
        const ended = await run(["ls", "--json", "--stack", "organization/lifecycle/test"], stack);
        expect(ended).toMatchObject({ code: 1 });
        const { guests: found } = JSON.parse(ended.stdout) as Shown;
        const seen = found.map(({ name, state, lastChange: { consequence } }) => [name, state, consequence]);
        expect(seen.sort()).toEqual([
            ["far", "unknown", "restart: args"],
            ["gone", "missing", "restart: args"],
            ["web-1", "running", "restart: args"],
            ["web-2", "paused", "restart: args"],
            ["web-3", "stopped", "restart: args"],
        ]);
        const unknown = await run(["ls", "--stack", "organization/lifecycle/nosuch"], stack);
        expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining("nosuch") as string });
    });
});

/** Return the seconds since the start of a guest's QEMU, by ps. */
async function uptimeOf(at: Lifecycle, guest: PlanOptions): Promise<number> {
    return Number(await must("ps", ["-o", "etimes=", "-p", await at.process(guest)]));
}

/** Make a stack with guests in state. @returns the environment in which the Pulumi CLI knows it */
async function stackOf(
    folder: string,
    guests: { guest: PlanOptions & { uuid: string }; connection: string }[],
): Promise<Record<string, string>> {
    const home = join(folder, "pulumi");
    mkdirSync(home, { recursive: true });
    const env = {
        PULUMI_BACKEND_URL: `file://${home}`,
        PULUMI_HOME: home,
        PULUMI_CONFIG_PASSPHRASE: "",
        PULUMI_SKIP_UPDATE_CHECK: "true",
    };
    const pulumi = (...args: string[]): Promise<string> =>
        must("pulumi", args, { env: { ...engine, ...env }, cwd: home, timeout: HANG_MS });
    writeFileSync(join(home, "Pulumi.yaml"), "name: lifecycle\nruntime: nodejs\n");
    await pulumi("stack", "init", "test");
    const modified = "2026-11-28T11:00:00Z";
    const resources = guests.map(({ guest: { name, uuid }, connection }) => ({
        urn: `urn:pulumi:test::lifecycle::pulumi-unikernel:index:Unikernel::${name}`,
        custom: true,
        id: uuid,
        type: "pulumi-unikernel:index:Unikernel",
        inputs: { name, connection, consequence: "restart: args", platform: "kvm" },
        outputs: { name, connection, uuid, consequence: "restart: args", platform: "kvm" },
        created: modified,
        modified,
    }));
    const file = join(home, "state.json");
    const manifest = { time: modified, magic: "", version: "" };
    writeFileSync(file, JSON.stringify({ version: 3, deployment: { manifest, resources } }));
    await pulumi("stack", "import", "--stack", "test", "--force", "--file", file);
    return env;
}

describe("logs", () => {
    test("of the present boot, of the one before, and since a time", async () => {
        const first = its.guest({ name: "boots", args: ["first"] });
        await its.create(first);
        await its.update(first, { ...first, args: ["second"] });
        const logs = (...words: string[]): Promise<ExecResult> =>
            run(["logs", "boots", "--connection", its.host.uri, ...words]);
        const present = await logs();
        expect(present).toMatchObject({
            code: 0,
            stderr: "",
            stdout: expect.stringMatching(/argv\[1\] second\n[^]*ready\n/) as string,
        });
        expect(present.stdout).not.toContain("argv[1] first");
        expect((await logs("--boot", "-1")).stdout).toMatch(/argv\[1\] first\n[^]*ready\n/);
        expect(await logs("--since", "1h")).toEqual(present);
        const json = (await logs("--json")).stdout
            .trimEnd()
            .split("\n")
            .map((line) => JSON.parse(line) as object);
        expect(json).toContainEqual({ guest: "boots", line: "argv[1] second" });
        // The file is an hour old now: it has nothing of the last minute.
        await must("touch", ["-d", "1 hour ago", join(await its.folder(first), "console.log")]);
        expect(await logs("--since", "1m")).toMatchObject({
            code: 0,
            stdout: "",
            stderr: "boots has printed nothing\n",
        });
        expect(await run(["logs", "nosuch", "--connection", its.host.uri])).toMatchObject({
            code: 1,
            stderr: expect.stringContaining("there is no guest nosuch") as string,
        });
    });

    test("-f goes on over a restart, until Ctrl-C", async () => {
        const guest = its.guest({ name: "followed", args: ["first"] });
        await its.create(guest);
        const logs = follow("followed");
        await until(() => logs.text().includes("ready"));
        await its.update(guest, { ...guest, args: ["second"] });
        await until(() => /argv\[1\] second\n[^]*ready/.test(logs.text()));
        logs.child.kill("SIGINT");
        expect(await logs.ended).toBe(130);
        expect(logs.text().match(/test kernel ready/g)).toHaveLength(2);
    });

    test("-f keeps up with a guest that prints 5,000 lines a second: none is lost, and memory stays bounded", async () => {
        const kernel = join(its.host.folder, "talker.elf");
        await (await import("../guests/build.mjs")).buildGuest("talker", kernel);
        const guest = its.guest({ name: "talker", guest: "raw", kernel });
        await its.create(guest);
        const begin = Date.now();
        const logs = follow("talker");
        const numbers = (): number[] =>
            [...logs.text().matchAll(/^line (\d+) of/gm)].map(([, number]) => Number(number));
        // More than one file of 2 MiB, whatever the speed of this machine.
        await until(() => logs.length() > 2_300_000);
        const seconds = (Date.now() - begin) / 1000;
        const peak = Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${logs.child.pid}/status`, "utf8"))?.[1]);
        const size = (await must("stat", ["-c", "%s", join(await its.folder(guest), "console.log")])).trim();
        expect(Number(size)).toBeLessThanOrEqual(2 * 1024 * 1024);
        logs.child.kill("SIGINT");
        expect(await logs.ended).toBe(130);
        await its.delete(guest);
        const seen = numbers();
        expect(seen).toEqual(Array.from({ length: seen.length }, (_, index) => index + 1));
        expect(logs.errors()).toBe("");
        process.stdout.write(
            `${seen.length} lines in ${seconds.toFixed(1)} s, ${Math.round(seen.length / seconds)} a second; peak ${Math.round(peak / 1024)} MiB\n`,
        );
        expect(peak).toBeLessThan(200 * 1024);
    });
});

/** Start a command that goes on. */
function start(...words: string[]) {
    const child: ChildProcess = spawn(process.execPath, [main, ...words], {
        env: { ...process.env, ...its.host.env },
        stdio: ["ignore", "pipe", "pipe"],
    });
    const pieces: Buffer[] = [];
    let [length, errors] = [0, ""];
    child.stdout?.on("data", (piece: Buffer) => {
        pieces.push(piece);
        length += piece.length;
    });
    child.stderr?.on("data", (piece: Buffer) => (errors += piece.toString()));
    const ended = new Promise<number | null>((go) => child.on("exit", (code) => go(code)));
    return {
        child,
        ended,
        text: () => Buffer.concat(pieces).toString("utf8"),
        length: () => length,
        errors: () => errors,
    };
}

/** Follow a guest's output. */
const follow = (name: string) => start("logs", "-f", name, "--connection", its.host.uri);

/** Documents on lines. */
const jsonLines = (text: string): Record<string, string>[] =>
    text
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line));

describe("events", () => {
    test("what happened last to each guest", async () => {
        const guest = await made(its, { name: "last" });
        const last = async (): Promise<object | undefined> =>
            jsonLines((await run(["events", "--json", "--connection", its.host.uri])).stdout).find(
                ({ uuid }) => uuid === guest.uuid,
            );
        expect(await last()).toMatchObject({ name: "last", event: "started", state: "running" });
        await its.host.virsh("suspend", "last");
        expect(await last()).toMatchObject({ event: "paused", reason: "by a call" });
        await its.host.virsh("destroy", "last");
        expect(await last()).toMatchObject({ event: "stopped", reason: "by force" });
        const { stdout } = await run(["events", "--connection", its.host.uri]);
        expect(stdout).toMatch(/^last +\S+ +stopped: by force +-$/m);
    });

    test("-f reports what happens to our guests on all hosts, over a restart of a daemon", async () => {
        const heard = start("events", "-f", "--json", "--connection", its.host.uri, "--connection", other.host.uri);
        const times = (text: string): number => heard.errors().split(text).length - 1;
        await until(() => times("listening to") === 2);
        const guest = await made(other, { name: "eventful" });
        const xml = join(other.host.folder, "stranger.xml");
        writeFileSync(xml, tinyDomain({ name: "stranger" }));
        await other.host.virsh("create", xml);
        await other.host.virsh("destroy", "stranger");
        await other.host.virsh("suspend", "eventful");
        await other.host.virsh("resume", "eventful");
        await other.host.virsh("destroy", "eventful");
        const seen = (): string[] =>
            jsonLines(heard.text()).map(({ name, event, reason }) => `${name} ${event}: ${reason}`);
        await until(() => seen().includes("eventful stopped: by force"));
        await other.host.killDaemon();
        await until(() => times("events are missed") === 1);
        await other.host.startDaemon();
        await until(() => times("listening to") === 3);
        await other.host.virsh("start", "eventful");
        await other.delete(guest);
        await until(() => seen().includes("eventful removed: undefined"));
        // A definition is written several times; libvirt says of a start, and of an end, more than one event.
        const lives = seen().filter((text) => !/ (?:defined|resumed|shutting down):?/.test(text));
        expect(lives.filter((text, index) => text !== lives[index - 1])).toEqual([
            "eventful started: booted",
            "eventful paused: by a call",
            "eventful stopped: by force",
            "eventful started: booted",
            "eventful stopped: by force",
            "eventful removed: undefined",
        ]);
        expect(seen()).toContain("eventful resumed: by a call");
        expect(jsonLines(heard.text())[0]).toMatchObject({
            connection: other.host.uri,
            uuid: guest.uuid,
            resource: "eventful",
            stack: "test",
        });
        heard.child.kill("SIGINT");
        expect(await heard.ended).toBe(130);
    });
});

describe("console", () => {
    beforeAll(() => made(its, { name: "attached" }));
    /** Attach a terminal of its own, whose settings are printed before and afterwards. */
    function onTerminal() {
        const command = `sh -c 'echo "pid $$"; exec "$@"' sh '${process.execPath}' '${main}' console attached --connection '${its.host.uri}'`;
        const child = spawn("script", ["-qec", `stty -g; ${command}; echo "ended with $?"; stty -g`, "/dev/null"], {
            env: { ...process.env, ...its.host.env, ...engine, TERM: "xterm" },
            stdio: ["pipe", "pipe", "inherit"],
        });
        let text = "";
        child.stdout.on("data", (piece: Buffer) => (text += piece.toString()));
        const ended = new Promise((go) => child.on("exit", go));
        const restored = (): void => {
            // What is typed after the end is shown as `^]`.
            const lines = text
                .replaceAll("^]", "")
                .split(/[\r\n]+/)
                .filter(Boolean);
            expect(lines[0]).toMatch(/^[0-9a-f:]{20,}$/);
            expect(lines.at(-1)).toBe(lines[0]);
        };
        return { type: (keys: string) => child.stdin.write(keys), text: () => text, ended, restored };
    }

    test("Ctrl-] detaches, and the terminal is as before", async () => {
        const terminal = onTerminal();
        await until(() => terminal.text().includes("Escape character"));
        // Ctrl-C is the guest's.
        terminal.type("\u0003");
        // virsh sees its own key only at the beginning of what it reads at once.
        await until(async () => {
            await new Promise((resolve) => setTimeout(resolve, 1000));
            if (!terminal.text().includes("ended with")) terminal.type("\u001d");
            return terminal.text().includes("ended with");
        });
        await terminal.ended;
        expect(terminal.text()).toContain("ended with 0");
        terminal.restored();
    });

    test("a guest that ends gives the terminal back, and so does a signal", async () => {
        const stopped = onTerminal();
        await until(() => stopped.text().includes("Escape character"));
        process.kill(Number(/^pid (\d+)/m.exec(stopped.text())?.[1]), "SIGTERM");
        await stopped.ended;
        expect(stopped.text()).toContain("ended with 143");
        stopped.restored();
        const left = onTerminal();
        await until(() => left.text().includes("Escape character"));
        await its.host.virsh("destroy", "attached");
        await left.ended;
        left.restored();
    });

    test("a guest that is not there is named", async () => {
        expect(await run(["console", "missing", "--connection", its.host.uri])).toMatchObject({
            code: 1,
            stderr: expect.stringContaining("there is no guest missing") as string,
        });
    });
});
