import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

import { PartialError } from "../../backends";
import { type Host, openHost } from "../../backends/libvirt";
import { UnikernelError } from "../../model";
import { type GuestOptions, type Lifecycle, openLifecycle } from "../support/lifecycle";
import { nginxGuest } from "../support/linuxGuest";
import { ownMounts, type Sshd, startSshd } from "../support/sshd";

jest.setTimeout(900_000);

let its: Lifecycle;
let sshd: Sshd;
let connection: string;
let asked: string[] = [];
let onAsk: ((name: string) => Promise<void>) | undefined;
/** Called before a mark is written. */
let onMark: (() => Promise<void>) | undefined;

/** Writes down what is asked of the host's files. */
function counted(host: Host): Host {
    const watched = <T extends object>(watchee: T): T =>
        new Proxy(watchee, {
            get: (target, name: string & keyof T) =>
                typeof target[name] === "object"
                    ? watched(target[name] as object)
                    : async (...args: never[]) => {
                          asked.push(name);
                          await onAsk?.(name);
                          return (target[name] as (...args: never[]) => unknown).apply(target, args);
                      },
        });
    return {
        ...host,
        domains: {
            ...host.domains,
            setMetadata: async (...args) => {
                await onMark?.();
                return host.domains.setMetadata(...args);
            },
        },
        files: watched(host.files),
    };
}

beforeAll(async () => {
    its = await openLifecycle({ wrap: counted });
    // libvirt's own helper on the far side looks for the daemon where it always is.
    sshd = await startSshd({
        config: ["AllowTcpForwarding no"],
        enter: ownMounts('mkdir -p /run/libvirt; mount --bind "$1" /run/libvirt', join(its.host.folder, "sock")),
    });
    connection = sshd.uri();
    process.env.PULUMI_UNIKERNEL_DIR = its.host.env.PULUMI_UNIKERNEL_DIR;
    await openHost(connection);
    delete process.env.PULUMI_UNIKERNEL_DIR;
});
afterAll(async () => {
    await its?.close();
    await sshd?.close();
});

const guest = (options: GuestOptions = {}) => its.guest({ connection, ...options });
const base = () => its.host.env.PULUMI_UNIKERNEL_DIR;
/** Sessions for files: the connection (`yes`) and those that share it (`no`). libvirt's own are not ours. */
const sessions = async () => (await sshd.calls()).flatMap((line) => /ControlMaster=(\w+)/.exec(line)?.[1] ?? []);

test("a guest comes, changes in place, and goes without a trace, over ssh", async () => {
    const one = guest({ args: ["one"] }),
        two = { ...one, args: ["two"] };
    expect(await its.create(one)).toMatchObject({ state: "running", unfinished: false, host: its.host.uuid });
    expect(await its.files(one)).toEqual([expect.stringMatching(/^initrd-/), expect.stringMatching(/^kernel-/)]);
    const observed = await its.update(one, two);
    expect(observed).toMatchObject({ state: "running", drift: {} });
    expect(await its.host.exec("cat", [observed.consoleLog!])).toMatchObject({
        stdout: expect.stringMatching(/argv\[1\] two/) as string,
    });
    await its.delete(two);
    await its.expectNothing(one);
    expect(readdirSync(base())).toEqual([]);
});

test("four guests: one connection, and each file is sent once", async () => {
    const image = join(its.host.folder, "shared.img");
    writeFileSync(image, randomBytes(2 << 20));
    const guests = Array.from({ length: 4 }, () => guest({ blocks: [{ path: image, access: "read" }] }));
    await sessions();
    await Promise.all(guests.map((one) => its.create(one)));
    expect(await sessions()).toEqual(["no"]);
    for (const one of guests) {
        const folder = await its.folder(one);
        const links = readdirSync(folder)
            .filter((name) => /^(kernel|shared)/.test(name))
            .map((name) => statSync(join(folder, name)).nlink);
        expect(links).toEqual([5, 5]);
    }
    await Promise.all(guests.map((one) => its.delete(one)));
    expect(readdirSync(base())).toEqual([]);
});

test("a create asks no more of the host's files than it needs", async () => {
    const one = guest();
    await its.create(guest());
    asked = [];
    await sessions();
    await its.create(one);
    expect(await sessions()).toEqual([]);
    // A path is known here; each of the others is one round trip, and the console is read until the guest is ready.
    // The claim is made and the folder listed by one script.
    expect(asked.filter((name) => name !== "path" && name !== "read")).toEqual([
        "putInEmpty",
        "putGuarded",
        "removeGuard",
    ]);
});

test("a create whose mark fails after its claim went is in state as unfinished, and the next one ends it", async () => {
    const one = guest();
    asked = [];
    onMark = async () => {
        for (; !asked.includes("removeGuard"); ) await new Promise((resolve) => setTimeout(resolve, 10));
        throw new UnikernelError("program-failed", "no mark today");
    };
    const error: unknown = await its.create(one).catch((caught: unknown) => caught);
    onMark = undefined;
    expect(error).toBeInstanceOf(PartialError);
    expect((error as PartialError).observation).toMatchObject({ unfinished: true });
    // It was claimed again, and released at the end.
    expect(asked.slice(asked.indexOf("removeGuard"))).toEqual(expect.arrayContaining(["putNew", "removeGuard"]));
    expect(await its.files(one)).toHaveLength(2);
    expect(await its.update(one, one)).toMatchObject({ state: "running", unfinished: false });
    await its.delete(one);
    await its.expectNothing(one);
});

test("the host is lost in the middle of an update: nothing is taken for gone, and the next one puts it right", async () => {
    const one = guest({ args: ["one"] }),
        two = { ...one, args: ["two"] };
    await its.create(one);
    const process = await its.process(one);
    onAsk = async (name) => {
        if (name === "put") await sshd.kill();
    };
    await expect(its.update(one, two)).rejects.toMatchObject({ code: "unreachable" });
    await expect(its.observe(one)).rejects.toMatchObject({ code: "unreachable" });
    onAsk = undefined;
    await sshd.start();
    expect(await its.process(one)).toBe(process);
    expect(await its.observe(one)).toMatchObject({ state: "running" });
    const { consoleLog } = await its.update(one, two);
    expect(await its.host.exec("cat", [consoleLog!])).toMatchObject({
        stdout: expect.stringMatching(/argv\[1\] two/) as string,
    });
    expect(await its.files(one)).toHaveLength(2);
    await its.delete(two);
    await its.expectNothing(one);
});

describe("a guest in a network of its host, which this machine has no route to", () => {
    let there: Sshd;
    let far: Host;
    const near = createServer((_request, response) => response.end("a stranger"));
    let strangers = 0;
    near.on("connection", () => strangers++);
    const inHost = (...words: string[]) => ["nsenter", `--net=/run/netns/${its.host.netns}`, ...words];

    beforeAll(async () => {
        there = await startSshd({
            enter: inHost(
                ...ownMounts('mkdir -p /run/libvirt; mount --bind "$1" /run/libvirt', join(its.host.folder, "sock")),
            ),
            client: inHost(),
        });
        await its.host.defineNatNetwork("lan", { subnet: "10.88.0" });
        process.env.PULUMI_UNIKERNEL_DIR = its.host.env.PULUMI_UNIKERNEL_DIR;
        far = await openHost(there.uri());
        delete process.env.PULUMI_UNIKERNEL_DIR;
    });
    afterAll(async () => {
        near.close();
        await there?.close();
    });

    const open = (address: string, port: number, milliseconds = 10_000) =>
        far.channels!()!.open(address, port, AbortSignal.timeout(milliseconds));
    /** Return the pids of this process's channels. */
    const channels = (): string[] =>
        readdirSync("/proc").filter((pid) => {
            try {
                const words = /^\d+$/.test(pid) ? readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0") : [];
                return words.includes("-W") && words.some((word) => word.includes(there.folder));
            } catch {
                return false;
            }
        });

    test("is ready when the host sees it answer, by the one connection, and no process is left", async () => {
        const web = guest({
            connection: there.uri(),
            guest: "linux",
            memory: 96,
            ...(await nginxGuest()),
            args: ["nginx"],
            interfaces: [{ mac: "52:54:00:88:00:01", attach: { network: "lan" }, ipv4: "dhcp" }],
            readiness: {
                http: { port: 80, path: "/", status: 200, body: "^<p>This guest runs", host: "web.internal" },
                minReady: 2,
                timeout: 60,
            },
        });
        const observed = await its.create(web);
        expect(observed).toMatchObject({ state: "running", ipAddresses: [expect.stringMatching(/^10\.88\.0\./)] });
        const address = observed.ipAddresses![0]!;
        (await open(address, 80)).destroy();
        await expect(open(address, 81)).rejects.toThrow("127.0.0.1 gets no connection to it");
        expect((await there.calls()).filter((line) => line.includes("ControlMaster=yes"))).toHaveLength(1);
        await its.delete(web);
        await its.expectNothing(web);
        expect(channels()).toEqual([]);
    });

    test("is not ready since a stranger answers on this machine", async () => {
        await new Promise<void>((resolve) => near.listen(0, "127.0.0.1", resolve));
        const { port } = near.address() as AddressInfo;
        const forward = { address: "127.0.0.1", host: port, guest: 80, protocol: "tcp" as const };
        const one = guest({
            connection: there.uri(),
            interfaces: [{ mac: "52:54:00:88:00:02", attach: { user: { forward: [forward] } } }],
            readiness: { http: { port: 80, path: "/" }, timeout: 2 },
        });
        await expect(its.create(one)).rejects.toMatchObject({
            reasons: [expect.stringMatching(/not ready after 2 s: waited for HTTP on port 80/)],
        });
        expect(strangers).toBe(0);
        await its.delete(one);
    });

    test("is refused before anything is made where sshd opens no channels", async () => {
        const one = guest({
            interfaces: [{ mac: "52:54:00:88:00:03", attach: { network: "lan" }, ipv4: "dhcp" }],
            readiness: { tcp: { port: 80 }, timeout: 2 },
        });
        await expect(its.create(one)).rejects.toMatchObject({
            code: "unsupported",
            property: "readiness",
            message: expect.stringMatching(/sshd on 127\.0\.0\.1 opens no channels/) as string,
            hint: expect.stringContaining("AllowTcpForwarding") as string,
        });
        await its.expectNothing(one);
    });

    test("a connection that hangs, is refused, or is given up", async () => {
        await expect(open("10.88.0.1", 9)).rejects.toThrow("127.0.0.1 gets no connection to it");
        // The host asks for its hardware address for three seconds.
        await expect(open("10.88.0.77", 80, 500)).rejects.toMatchObject({ name: "TimeoutError" });
        // The shared connection goes on, whether a channel is given up or refused late.
        await expect(open("10.88.0.78", 80)).rejects.toThrow("127.0.0.1 gets no connection to it");
        await expect(far.channels!()!.refusal()).resolves.toBeUndefined();
        expect((await there.calls()).filter((line) => line.includes("ControlMaster=yes"))).toEqual([]);
        expect(channels()).toEqual([]);
    });
});
