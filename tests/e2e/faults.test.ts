import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { uuidOf } from "../../core/identity";
import { TYPE_TOKENS } from "../../provider/trampoline";
import type { RunningRun } from "../support/engine";
import { type HoldPoint, holdAt } from "../support/hold";
import { type LibvirtHost, startLibvirtHost } from "../support/libvirtHost";
import { outside } from "../support/outside";
import { signalQuietly, until } from "../support/processes";
import { Guests, READY } from "./guests";

jest.setTimeout(900_000);

const NETWORK = "lan";
/** Guests by the last part of the address that is reserved for each. */
const ADDRESSES = { one: 11, two: 12, three: 13 };
/** Others, which come while those change. */
const NEW = { four: 14, five: 15, six: 16 };
const ALL = { ...ADDRESSES, ...NEW };
type Name = keyof typeof ALL;
type Points = Partial<Record<Name, Omit<HoldPoint, "uuid">>>;

let host: LibvirtHost;
beforeAll(async () => {
    host = await startLibvirtHost();
    await host.defineNatNetwork(NETWORK, { subnet: "10.66.0", isolated: true });
});
afterAll(() => host.close());

/** Guests, each with all that can be left behind: a domain, files, a reservation. */
async function declare(guests: Guests, greeting: string, addresses: Record<string, number> = ALL): Promise<void> {
    await guests.declare(
        Object.fromEntries(
            Object.entries(addresses).map(([name, last]) => [
                name,
                {
                    name,
                    env: { GREETING: greeting },
                    readiness: READY,
                    interfaces: [{ attach: { network: NETWORK }, ipv4: { reserve: `10.66.0.${last}` } }],
                },
            ]),
        ),
    );
}

const uuidIn = ({ stack }: Guests, name: string): string =>
    uuidOf(`urn:pulumi:${stack.name}::guests::${TYPE_TOKENS.unikernel}::${name}`);

/** Unikernels in state, and operations that an interrupted run left there. */
async function inState({ stack }: Guests): Promise<{ unikernels: string[]; pending: { resource: { urn: string } }[] }> {
    const { resources, text } = await stack.exportState();
    const unikernels = resources
        .filter(({ type }) => type === TYPE_TOKENS.unikernel)
        .map(({ urn }) => urn.split("::").at(-1)!);
    return { unikernels: unikernels.sort(), pending: JSON.parse(text).deployment.pending_operations ?? [] };
}

/** Exactly what is declared, in state and on the host. */
async function expectDeclared(guests: Guests, greeting: string): Promise<void> {
    const names = Object.keys(ALL).sort();
    expect(await inState(guests)).toEqual({ unikernels: names, pending: [] });
    const { files, reservations, ...seen } = await outside(host, NETWORK);
    expect(seen).toEqual({
        domains: Object.fromEntries(names.map((name) => [name, "running"])),
        processes: names,
    });
    const bootFiles = [expect.stringMatching(/^initrd-[0-9a-f]{16}$/), expect.stringMatching(/^kernel-[0-9a-f]{16}$/)];
    expect(files).toEqual(Object.fromEntries(names.map((name) => [uuidIn(guests, name), bootFiles])));
    expect(reservations.map((one) => one.split(" ")[1]).sort()).toEqual(
        Object.values(ALL).map((last) => `10.66.0.${last}`),
    );
    for (const name of names) {
        const xml = await host.virsh("dumpxml", name);
        expect(xml).toContain(`<uuid>${uuidIn(guests, name)}</uuid>`);
        expect(xml).toMatch(/phase=.ready./);
        expect([name, await greetingOf(guests, name)]).toEqual([name, `${greeting}, ready`]);
    }
}

/** Return the greeting that a guest's console shows since its present boot, and whether the guest is ready. */
async function greetingOf(guests: Guests, name: string): Promise<string> {
    const text = await guests.console({ uuid: uuidIn(guests, name) });
    const [, greeting = "nothing"] = /env GREETING=(.*?)\s*\n/.exec(text) ?? [];
    return /env GREETING=[^]*test kernel ready/.test(text) ? `${greeting}, ready` : greeting;
}

/** Runs the engine until each guest has come to its point, then does the deed. The run must fail. */
async function disturb(
    guests: Guests,
    command: "up" | "destroy",
    points: Points,
    deed: (at: { run: RunningRun; provider: number; release(): void }) => unknown,
    env: Record<string, string> = {},
): Promise<string> {
    const hold = await holdAt(
        Object.entries(points).map(([name, point]) => ({ uuid: uuidIn(guests, name), ...point })),
    );
    try {
        const run = await guests.stack.start(command, { env: { ...hold.env, ...env } });
        const provider = await hold.reached(run.ended);
        await deed({ run, provider, release: hold.release });
        const { failed, text } = await run.ended;
        expect(failed).toBe(true);
        // Whoever was held is gone before the next run comes.
        await until(() => !existsSync(`/proc/${provider}`));
        return text;
    } finally {
        await hold.remove();
    }
}

/**
 * The host of dynamic providers as a release of Pulumi brings it: a script that runs the SDK's. Unlike ours (tools/language-host)
 * it does not look whether the engine is still there.
 */
async function asReleased(): Promise<{ PATH: string }> {
    const { engineEnv } = await import("../../tools/engine.mjs");
    const folder = join(host.folder, "bin");
    await mkdir(folder);
    const script = `#!/bin/sh\n"${process.execPath}" "${require.resolve("@pulumi/pulumi/cmd/dynamic-provider")}" "$@"\n`;
    await writeFile(join(folder, "pulumi-resource-pulumi-nodejs"), script, { mode: 0o755 });
    return { PATH: `${folder}:${engineEnv().PATH}` };
}

const killProvider = ({ provider }: { provider: number }): void => signalQuietly(provider, "SIGKILL");
const killEngine = ({ run }: { run: RunningRun }): void => void run.kill("SIGKILL");
const WHILE_UPDATED: Points = {
    one: { when: "before" },
    two: { call: "domains.define", when: "after" },
    three: { call: "domains.start", when: "after" },
};
const WHILE_CREATED: Points = {
    four: { when: "before" },
    five: { call: "domains.define", when: "after" },
    six: { call: "domains.start", when: "after" },
};
const WHILE_DELETED: Points = {
    one: { when: "before" },
    two: { call: "domains.destroy", when: "after" },
    three: { call: "domains.undefine", when: "after" },
};

// One stack, since each step begins where the one before must have ended: with exactly what is declared. A kill at every call of the
// host, without an engine: tests/integration/faults.test.ts.
test("the provider is killed in creates and updates, then the engine, then libvirtd in an update, then the provider in a destroy: before the first change, after the definition, after the start; nothing is lost, and the next run ends each", async () => {
    await Guests.with(host, "faults", async (guests) => {
        const { stack } = guests;
        await declare(guests, "hello", ADDRESSES);
        await stack.up();

        // The provider, in updates and creates of one run.
        await declare(guests, "good day");
        await disturb(guests, "up", { ...WHILE_UPDATED, ...WHILE_CREATED }, killProvider);
        const { domains } = await outside(host);
        expect(domains).toMatchObject({ five: "shut off", six: "running" });
        expect(domains).not.toHaveProperty("four");
        expect(await Promise.all(["one", "two", "three"].map((name) => greetingOf(guests, name)))).toEqual([
            "hello, ready",
            "hello, ready",
            expect.not.stringContaining("hello"),
        ]);
        expect(await inState(guests)).toEqual({ unikernels: Object.keys(ADDRESSES).sort(), pending: [] });
        await stack.up();
        await expectDeclared(guests, "good day");

        // The engine.
        await declare(guests, "good evening");
        await disturb(guests, "up", WHILE_UPDATED, killEngine, await asReleased());
        // What docs/troubleshooting.md says of it.
        expect((await stack.up({ fails: true })).text).toContain("pulumi cancel");
        await stack.cancel();
        const { pending } = await inState(guests);
        expect(pending.map(({ resource }) => resource.urn.split("::").at(-1))).toEqual(
            expect.arrayContaining(["one", "three", "two"]),
        );
        await stack.up();
        await expectDeclared(guests, "good evening");

        // libvirtd.
        await declare(guests, "good night");
        const text = await disturb(guests, "up", { two: WHILE_UPDATED.two }, async ({ release }) => {
            await host.killDaemon();
            release();
        });
        expect(text).toMatch(/Unikernel \(two\):\n.*error:.*(cannot be reached|connection was lost)/);
        const known = async () =>
            (await stack.exportState()).resources.map(({ urn, inputs, outputs }) => ({ urn, inputs, outputs }));
        const before = await known();
        expect((await stack.refresh({ fails: true })).text).toMatch(/cannot be reached/);
        expect(await known()).toEqual(before);
        expect(await inState(guests)).toEqual({ unikernels: Object.keys(ALL).sort(), pending: [] });
        await host.startDaemon();
        await stack.up();
        await expectDeclared(guests, "good night");

        // The provider, in a destroy. The others are not held.
        await disturb(guests, "destroy", WHILE_DELETED, killProvider);
        const left = (await outside(host)).domains;
        expect(left).toMatchObject({ one: "running", two: "shut off" });
        expect(left).not.toHaveProperty("three");
        expect((await inState(guests)).unikernels).toEqual(expect.arrayContaining(["one", "three", "two"]));
        expect((await inState(guests)).pending).toEqual([]);
        await stack.destroy();
        expect(await inState(guests)).toEqual({ unikernels: [], pending: [] });
    });
    expect(await outside(host, NETWORK)).toEqual({ domains: {}, processes: [], files: {}, reservations: [] });
});
