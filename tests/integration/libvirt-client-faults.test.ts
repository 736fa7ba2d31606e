import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { libvirtError } from "../../backends/libvirt/client";
import { closeHosts, openHost } from "../../backends/libvirt/open";
import { type LibvirtHost, startLibvirtHost } from "../support/libvirtHost";
import { until } from "../support/processes";
import { HANG_MS } from "../support/time";
import { tinyDomain } from "../support/tinyDomain";

jest.setTimeout(900_000);

let machine: LibvirtHost;
beforeAll(async () => {
    machine = await startLibvirtHost();
});
afterEach(() => closeHosts());
afterAll(() => machine?.close());

async function failure(work: Promise<unknown>): Promise<Error> {
    return work.then(
        () => {
            throw new Error("did not fail");
        },
        (error: Error) => error,
    );
}

/** The processes that hold our connections. */
function children(): number[] {
    return readdirSync("/proc")
        .map(Number)
        .filter((pid) => {
            try {
                return (
                    pid > 0 &&
                    readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("client/child.js") &&
                    Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) === process.pid
                );
            } catch {
                return false;
            }
        });
}

const residentKiB = (pid: number): number =>
    Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);

test("each of many calls that fail at once gets its own error", async () => {
    const host = await openHost(machine.uri);
    await Promise.all(
        Array.from({ length: 200 }, async (_, i) => {
            const name = `absent-${i}`,
                uuid = randomUUID();
            const [work, own, number] = (
                [
                    [() => host.domains.start(uuid, { paused: true }), uuid, 42],
                    [() => host.networks.leases(name), name, 43],
                    [
                        () =>
                            host.domains.define(
                                `<domain type='qemu'><name>x</name><memory>${4096 + i}</memory><os><type>${name}</type></os></domain>`,
                            ),
                        name,
                        67,
                    ],
                ] as const
            )[i % 3]!;
            const error = await failure(work());
            expect(libvirtError(error)?.message).toContain(own);
            expect(libvirtError(error)?.code).toBe(number);
        }),
    );
});

test("nothing is leaked by thousands of look-ups", async () => {
    const host = await openHost(machine.uri);
    const uuid = randomUUID();
    const description = `<description>${"long ".repeat(1600)}</description>`;
    await host.domains.define(tinyDomain({ name: "looked-up", uuid }).replace("</name>", `</name>${description}`));
    const look = async (times: number) => {
        for (let i = 0; i < times; i += 10) {
            await Promise.all(
                Array.from({ length: 10 }, (_, k) => (k ? host.domains.get(uuid) : host.domains.state(randomUUID()))),
            );
        }
    };
    // Until the JavaScript heap has found its size.
    await look(1500);
    const [pid] = children();
    const before = residentKiB(pid!);
    const files = readdirSync(`/proc/${pid}/fd`).length;
    await look(3000);
    // The domain's XML has 9 KB: kept each time, it would be 24 MB.
    expect((await host.domains.get(uuid))!.inactiveXml.length).toBeGreaterThan(8900);
    expect(residentKiB(pid!) - before).toBeLessThan(10 * 1024);
    // The pool opens up to ten connections, of two descriptors each, when that takes less time than a wait for a free one.
    expect(readdirSync(`/proc/${pid}/fd`).length - files).toBeLessThanOrEqual(20);
});

test("a daemon that is killed in the middle of a call: unreachable, and reachable again when it is back", async () => {
    const host = await openHost(machine.uri);
    const uuid = randomUUID();
    await host.domains.define(tinyDomain({ name: "victim", uuid }));
    await host.domains.start(uuid, { paused: false });
    await machine.signalDaemon("SIGSTOP");
    const stopping = failure(host.domains.destroy(uuid));
    await new Promise((resolve) => setTimeout(resolve, 200));
    await machine.killDaemon();
    expect(await stopping).toMatchObject({ code: "unreachable" });
    expect(await failure(host.domains.state(uuid))).toMatchObject({ code: "unreachable" });
    await machine.startDaemon();
    expect(await host.domains.state(uuid)).toMatchObject({ state: "running" });
    await host.domains.destroy(uuid);
    await host.domains.undefine(uuid);
});

test("a restarted daemon costs no call: what was asked on a dead connection, and did nothing, is asked again", async () => {
    const host = await openHost(machine.uri);
    const uuid = randomUUID();
    const steps: [() => Promise<unknown>, object | undefined][] = [
        [() => host.domains.define(tinyDomain({ name: "after", uuid })), { state: "shutoff" }],
        [() => host.domains.start(uuid, { paused: true }), { state: "paused" }],
        [() => host.domains.destroy(uuid), { state: "shutoff" }],
        [() => host.domains.undefine(uuid), undefined],
    ];
    for (const [step, expected] of steps) {
        await Promise.all(Array.from({ length: 8 }, () => host.domains.list()));
        await machine.stopDaemon();
        await machine.startDaemon();
        await step();
        expect(await host.domains.state(uuid)).toEqual(expected && expect.objectContaining(expected));
    }
});

test("no daemon: unreachable, with what to do; never not-found", async () => {
    const error = await failure(
        (await openHost(`qemu+unix:///system?socket=${machine.folder}/none`)).domains.get(randomUUID()),
    );
    expect(error).toMatchObject({ code: "unreachable", hint: expect.stringContaining("systemctl start libvirtd") });
});

test("a daemon that hangs: the call times out, other hosts are served, and the stuck process goes", async () => {
    const other = await startLibvirtHost();
    try {
        const host = await openHost(machine.uri, { timeouts: { call: 4000, connect: 8000 } });
        await host.domains.list();
        const [stuck] = children();
        await machine.signalDaemon("SIGSTOP");
        try {
            const error = await failure(host.domains.list());
            expect(error).toMatchObject({ code: "timeout", message: expect.stringContaining("within 4 s") });
            expect(await (await openHost(other.uri)).domains.list()).toEqual([]);
            await until(() => !children().includes(stuck!));
            expect(await failure(host.domains.list())).toMatchObject({
                code: "unreachable",
                message: expect.stringContaining("within 8 s"),
            });
        } finally {
            await machine.signalDaemon("SIGCONT");
        }
        expect(await host.domains.list()).toEqual(expect.any(Array));
    } finally {
        await other.close();
    }
});

test("a host that takes connections and says nothing is waited for once, and is found again when it answers", async () => {
    let answers = false;
    let taken = 0;
    const sockets = new Set<Socket>();
    const server = createServer((near) => {
        taken++;
        sockets.add(near.on("error", () => undefined));
        if (!answers) return;
        const far = connect(machine.socket).on("error", () => near.destroy());
        near.pipe(far).pipe(near);
        sockets.add(far);
    });
    server.listen(0, "127.0.0.77");
    await once(server, "listening");
    try {
        const { port } = server.address() as AddressInfo;
        const host = await openHost(`qemu+tcp://127.0.0.77:${port}/system`, { timeouts: { connect: 3000 } });
        const silent = { code: "unreachable", message: expect.stringContaining("did not answer within 3 s") };
        const guests = Array.from({ length: 12 }, () => randomUUID());
        for (const error of await Promise.all(guests.map((uuid) => failure(host.domains.state(uuid)))))
            expect(error).toMatchObject(silent);
        // A far host has two connections for quick calls.
        expect(taken).toBeLessThanOrEqual(2);
        for (const uuid of guests) expect(await failure(host.domains.get(uuid))).toMatchObject(silent);
        // It is asked again in the background, and not once for each guest.
        expect(taken).toBeLessThanOrEqual(2 + guests.length / 2);
        answers = true;
        await until(() =>
            host.domains.list().then(
                () => true,
                () => false,
            ),
        );
        expect(await host.domains.state(guests[0]!)).toBeUndefined();
    } finally {
        for (const socket of sockets) socket.destroy();
        server.close();
    }
});

test("the process that holds the connections is killed: its calls fail as unreachable, the next one works", async () => {
    const host = await openHost(machine.uri);
    await host.domains.list();
    const asked = failure(host.domains.readConsole(await running("console"), 5000));
    process.kill(children()[0]!, "SIGKILL");
    expect(await asked).toMatchObject({ code: "unreachable" });
    expect(await host.domains.list()).not.toEqual([]);
    await machine.virsh("destroy", "console");
    await machine.virsh("undefine", "console");
});

async function running(name: string): Promise<string> {
    const host = await openHost(machine.uri),
        uuid = randomUUID();
    await host.domains.define(tinyDomain({ name, uuid, devices: "<serial type='pty'/>" }));
    await host.domains.start(uuid, { paused: true });
    return uuid;
}

test("a daemon that dies while a console is listened to: unreachable, not silence", async () => {
    const host = await openHost(machine.uri);
    const uuid = await running("listened");
    const heard = failure(host.domains.readConsole(uuid, 20_000));
    await new Promise((resolve) => setTimeout(resolve, 500));
    await machine.killDaemon();
    expect(await heard).toMatchObject({ code: "unreachable" });
    await machine.startDaemon();
    // While the daemon finds its guests again, one that is killed may be gone before it is destroyed: success as well.
    await host.domains.destroy(uuid);
    await host.domains.undefine(uuid);
});

test("thirty stops wait together, while starts take turns", async () => {
    const host = await openHost(machine.uri);
    const uuids = Array.from({ length: 30 }, () => randomUUID());
    await Promise.all(uuids.map((uuid, i) => host.domains.define(tinyDomain({ name: `many${i}`, uuid }))));
    const timed = async (work: (uuid: string) => Promise<unknown>) => {
        const begin = Date.now();
        const each = await Promise.all(
            uuids.map(async (uuid) => {
                await work(uuid);
                return Date.now() - begin;
            }),
        );
        return { total: Date.now() - begin, first: Math.min(...each) };
    };
    const starts = await timed((uuid) => host.domains.start(uuid, { paused: false }));
    expect((await host.domains.list()).filter(({ state }) => state === "running")).toHaveLength(30);
    const stops = await timed((uuid) => host.domains.destroy(uuid));
    expect((await host.domains.list()).filter(({ state }) => state === "running")).toHaveLength(0);
    // In turns, the first is done long before the last; together, they end about when the first does. Other load slows both.
    const [turns, together] = [starts.total / starts.first, stops.total / stops.first];
    expect(turns).toBeGreaterThan(2 * together);
    await Promise.all(uuids.map((uuid) => host.domains.undefine(uuid)));
});

test("the process ends with its parent, even killed, and never keeps it from ending", async () => {
    const program = (end: string) =>
        spawnSync(
            process.execPath,
            [
                "-e",
                `
        const { request } = require("${process.cwd()}/dist/backends/libvirt/client");
        request(process.argv[1], "domainList", [], "list").then(() => { console.log(require("node:child_process").execFileSync("pgrep", ["-P", String(process.pid), "-f", "client/child.js"], { encoding: "utf8" })); ${end} });
    `,
                machine.uri,
            ],
            { encoding: "utf8", timeout: HANG_MS },
        );
    for (const end of ["", "process.kill(process.pid, 'SIGKILL')"]) {
        const { stdout, stderr, signal } = program(end);
        expect({ stderr, signal }).toEqual({ stderr: "", signal: end ? "SIGKILL" : null });
        const child = Number(stdout);
        expect(child).toBeGreaterThan(0);
        await until(
            () => !existsSync(`/proc/${child}`) || /^State:\s+Z/m.test(readFileSync(`/proc/${child}/status`, "utf8")),
        );
    }
});
