import { randomBytes } from "node:crypto";
import { readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { PartialError } from "../../backends";
import { type Host, openHost } from "../../backends/libvirt";
import { UnikernelError } from "../../model";
import { type GuestOptions, type Lifecycle, openLifecycle } from "../support/lifecycle";
import { ownMounts, type Sshd, startSshd } from "../support/sshd";

jest.setTimeout(120_000);

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

test("ten guests: one connection, and each file is sent once", async () => {
    const image = join(its.host.folder, "shared.img");
    writeFileSync(image, randomBytes(2 << 20));
    const guests = Array.from({ length: 10 }, () => guest({ blocks: [{ path: image, access: "read" }] }));
    await sessions();
    await Promise.all(guests.map((one) => its.create(one)));
    expect(await sessions()).toEqual(["no"]);
    for (const one of guests) {
        const folder = await its.folder(one);
        const links = readdirSync(folder)
            .filter((name) => /^(kernel|shared)/.test(name))
            .map((name) => statSync(join(folder, name)).nlink);
        expect(links).toEqual([11, 11]);
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
