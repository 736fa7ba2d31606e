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

jest.setTimeout(240_000);

const NETWORK = "lan";
/** Guests by the last part of the address that is reserved for each. */
const ADDRESSES = { one: 11, two: 12, three: 13 };
type Name = keyof typeof ADDRESSES;
const NAMES = Object.keys(ADDRESSES) as Name[];
type Points = Record<Name, Omit<HoldPoint, "uuid">>;

let host: LibvirtHost;
beforeAll(async () => {
    host = await startLibvirtHost();
    await host.defineNatNetwork(NETWORK, { subnet: "10.66.0", isolated: true });
});
afterAll(() => host.close());

/** Three guests, each with all that can be left behind: a domain, files, a reservation. */
async function declare(guests: Guests, greeting: string): Promise<void> {
    await guests.declare(
        Object.fromEntries(
            NAMES.map((name) => [
                name,
                {
                    name,
                    env: { GREETING: greeting },
                    readiness: READY,
                    interfaces: [{ attach: { network: NETWORK }, ipv4: { reserve: `10.66.0.${ADDRESSES[name]}` } }],
                },
            ]),
        ),
    );
}

const uuidIn = ({ stack }: Guests, name: string): string =>
    uuidOf(`urn:pulumi:${stack.name}::guests::${TYPE_TOKENS.unikernel}::${name}`);

/** Unikernels in state, and operations that an interrupted run left there. */
async function inState({ stack }: Guests): Promise<{ unikernels: string[]; pending: unknown[] }> {
    const { resources, text } = await stack.exportState();
    const unikernels = resources
        .filter(({ type }) => type === TYPE_TOKENS.unikernel)
        .map(({ urn }) => urn.split("::").at(-1)!);
    return { unikernels: unikernels.sort(), pending: JSON.parse(text).deployment.pending_operations ?? [] };
}

/** Exactly what is declared, in state and on the host. */
async function expectDeclared(guests: Guests, greeting: string): Promise<void> {
    expect(await inState(guests)).toEqual({ unikernels: [...NAMES].sort(), pending: [] });
    const { files, reservations, ...seen } = await outside(host, NETWORK);
    expect(seen).toEqual({
        domains: { one: "running", two: "running", three: "running" },
        processes: [...NAMES].sort(),
    });
    const bootFiles = [expect.stringMatching(/^initrd-[0-9a-f]{16}$/), expect.stringMatching(/^kernel-[0-9a-f]{16}$/)];
    expect(files).toEqual(Object.fromEntries(NAMES.map((name) => [uuidIn(guests, name), bootFiles])));
    expect(reservations.map((one) => one.split(" ")[1]).sort()).toEqual(
        Object.values(ADDRESSES).map((last) => `10.66.0.${last}`),
    );
    for (const name of NAMES) {
        const xml = await host.virsh("dumpxml", name);
        expect(xml).toContain(`<uuid>${uuidIn(guests, name)}</uuid>`);
        expect(xml).toMatch(/phase=.ready./);
        expect(await guests.console({ uuid: uuidIn(guests, name) })).toMatch(
            new RegExp(`env GREETING=${greeting}\\s[^]*test kernel ready`),
        );
    }
}

/** Runs the engine until each guest has come to its point, then does the deed. The run must fail. */
async function disturb(
    guests: Guests,
    command: "up" | "destroy",
    points: Partial<Points>,
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
const WHILE_MADE: Points = {
    one: { when: "before" },
    two: { call: "domains.define", when: "after" },
    three: { call: "domains.start", when: "after" },
};
const WHILE_DELETED: Points = {
    one: { when: "before" },
    two: { call: "domains.destroy", when: "after" },
    three: { call: "domains.undefine", when: "after" },
};

test("the provider is killed before its first change, after the definition, after the start: the next run ends as declared", async () => {
    await Guests.with(host, "provider", async (guests) => {
        await declare(guests, "hello");
        await disturb(guests, "up", WHILE_MADE, killProvider);
        expect((await outside(host)).domains).toEqual({ two: "shut off", three: "running" });
        expect(await inState(guests)).toEqual({ unikernels: [], pending: [] });
        await guests.stack.up();
        await expectDeclared(guests, "hello");

        await declare(guests, "good day");
        await disturb(guests, "up", WHILE_MADE, killProvider);
        const consoles = await Promise.all(NAMES.map((name) => guests.console({ uuid: uuidIn(guests, name) })));
        expect(consoles.map((text) => /env GREETING=(.*)/.exec(text)?.[1] ?? "")).toEqual([
            "hello",
            "hello",
            expect.not.stringContaining("hello"),
        ]);
        await guests.stack.up();
        await expectDeclared(guests, "good day");
        expect((await guests.stack.preview()).changes).toEqual({ same: 7 });

        await disturb(guests, "destroy", WHILE_DELETED, killProvider);
        expect((await outside(host)).domains).toEqual({ one: "running", two: "shut off" });
        expect(await inState(guests)).toEqual({ unikernels: [...NAMES].sort(), pending: [] });
        await guests.stack.destroy();
        expect(await inState(guests)).toEqual({ unikernels: [], pending: [] });
    });
    expect(await outside(host, NETWORK)).toEqual({ domains: {}, processes: [], files: {}, reservations: [] });
});

test("the engine is killed in an update, then libvirtd in the next: nothing is lost, and the next run ends it", async () => {
    await Guests.with(host, "engine", async (guests) => {
        await declare(guests, "hello");
        await guests.stack.up();

        await declare(guests, "good day");
        await disturb(guests, "up", WHILE_MADE, ({ run }) => run.kill("SIGKILL"), await asReleased());
        // What docs/troubleshooting.md says of it.
        expect((await guests.stack.up({ fails: true })).text).toContain("pulumi cancel");
        await guests.stack.cancel();
        expect((await inState(guests)).pending).toHaveLength(3);
        await guests.stack.up();
        await expectDeclared(guests, "good day");

        await declare(guests, "good night");
        const text = await disturb(guests, "up", { two: WHILE_MADE.two }, async ({ release }) => {
            await host.killDaemon();
            release();
        });
        expect(text).toMatch(/Unikernel \(two\):\n.*error:.*(cannot be reached|connection was lost)/);
        const known = async () =>
            (await guests.stack.exportState()).resources.map(({ urn, inputs, outputs }) => ({ urn, inputs, outputs }));
        const before = await known();
        expect((await guests.stack.refresh({ fails: true })).text).toMatch(/cannot be reached/);
        expect(await known()).toEqual(before);
        expect(await inState(guests)).toEqual({ unikernels: [...NAMES].sort(), pending: [] });
        await host.startDaemon();
        await guests.stack.up();
        await expectDeclared(guests, "good night");
    });
    expect(await outside(host, NETWORK)).toEqual({ domains: {}, processes: [], files: {}, reservations: [] });
});
