import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { closeHosts } from "../../backends/libvirt";
import type { Shown, ShownGuest } from "../../core/commands";
import { logicalName } from "../../model";
import { type Stack, type StateResource, withStack } from "../support/engine";
import { TestNetworks } from "../support/hostNetworks";
import type { ExecResult } from "../support/processes";
import { startXenHost, type XenHost } from "../support/xenHost";

jest.setTimeout(1_800_000);

const main = resolve(__dirname, "../../dist/cli/main.js");
const local = mkdtempSync(join(tmpdir(), "xen-fleet-"));
const { PATH } = process.env;

let host: XenHost;
let networks: TestNetworks;
let kernel: string;
beforeAll(async () => {
    kernel = await (await import("../guests/xen/build.mjs")).buildXenTestKernel();
    host = await startXenHost();
    networks = new TestNetworks(host);
    // ssh reads the configuration of the user's account, whatever HOME says; so the test's stands in front.
    writeFileSync(join(local, "ssh"), `#!/bin/sh\nexec /usr/bin/ssh -F '${host.sshConfig}' "$@"\n`, { mode: 0o755 });
    process.env.PATH = `${local}:${PATH}`;
}, 900_000);
afterAll(async () => {
    process.env.PATH = PATH;
    await closeHosts();
    await host?.stop();
    rmSync(local, { recursive: true });
});

const LAN = {
    name: "lan",
    mode: "isolated",
    ipv4: { address: "10.20.0.1/24", dhcp: { start: "10.20.0.100", end: "10.20.0.200" } },
    domain: "web.internal",
};
/** In the order of their creation. */
const NAMES = ["web-0", "web-1"];

/** A fleet whose libvirt is reached by tcp, and whose dom0 by ssh. */
async function declare({ folder }: Stack, args: string[], env: object = {}): Promise<void> {
    const template = {
        platform: "xen",
        connection: null,
        accelerator: null,
        sshTarget: "xen-host",
        args,
        env,
        hostname: "${name}.${host}",
        interfaces: [{ attach: { network: "lan" }, ipv4: { reserve: "10.20.0.1${index}", name: "${name}" } }],
    };
    const fleet = {
        replicas: 2,
        strategy: { canary: { count: 1, bake: 1 }, maxUnavailable: 1 },
        minInService: 1,
        hosts: [{ name: "dom0", connection: host.uri }],
        template,
    };
    await writeFile(join(folder, "declared.json"), JSON.stringify({ by: "plugin", name: "web", args: fleet }));
}

/** The members in state, by their names in the program. */
async function members(stack: Stack): Promise<Record<string, NonNullable<StateResource["outputs"]>>> {
    const { resources } = await stack.exportState();
    const guests = resources.filter(({ type }) => type.endsWith(":Unikernel"));
    return Object.fromEntries(guests.map(({ urn, outputs = {} }) => [logicalName(urn), outputs]));
}

/** The number that Xen gave each guest at its start, by its name in the program. */
async function numbers(stack: Stack): Promise<Record<string, string>> {
    const found = Object.entries(await members(stack)).map(async ([name, outputs]) => [
        name,
        await host.virsh("domid", String(outputs.name)),
    ]);
    return Object.fromEntries(await Promise.all(found));
}

/** The names of the network's DNS and the addresses of its DHCP that belong to guests. */
async function entries(): Promise<string[]> {
    const xml = await host.virsh("net-dumpxml", "lan");
    const found = [...xml.matchAll(/<host mac='[^']*' .*ip='([^']*)'|<hostname>(.*)<\/hostname>/g)];
    return found.map(([, address, name]) => (address ?? name) as string).sort();
}

/** Run a command of this package beside the stack. */
const command = (stack: Stack, ...words: string[]): Promise<ExecResult> =>
    stack.command(process.execPath, [main, ...words]);

/** On KVM its guests would be plugged in again; libxl has no call for it. */
async function refusesRestart(lan: Record<string, unknown>, guests: string[]): Promise<void> {
    const { inputs, failures } = await networks.check("lan", { ...LAN, mtu: 1400 }, lan);
    const named = [...guests].sort().join(", ");
    expect(failures).toEqual([
        `mtu: the network has to restart, and ${named} cannot be plugged in again while running: stop them first`,
    ]);
    await expect(networks.update(lan, inputs)).rejects.toMatchObject({ code: "in-use" });
    await expect(networks.destroy(lan)).rejects.toMatchObject({
        code: "in-use",
        message: expect.stringContaining(guests[0]!) as string,
    });
    expect(await networks.refresh(lan)).toEqual(lan);
}

/** What ls and logs show of two guests that run, by the stack and by the host. */
async function showsGuests(stack: Stack, outputs: Awaited<ReturnType<typeof members>>): Promise<void> {
    const names = NAMES.map((name) => String(outputs[name]!.name));
    const [ofStack, ofHost, log, none, alone] = await Promise.all([
        command(stack, "ls", "--stack", "xen", "--json"),
        command(stack, "ls", "--connection", host.sshUri),
        command(stack, "logs", "web-0", "--stack", "xen"),
        command(stack, "logs", "none", "--connection", host.sshUri),
        command(stack, "logs", names[0]!, "--connection", host.uri),
    ]);
    const shown = JSON.parse(ofStack.stdout) as Shown;
    expect(shown.hosts).toEqual([{ connection: host.uri, hostname: "xen-host" }]);
    expect(shown.guests).toEqual(
        NAMES.map(
            (resource, index): ShownGuest => ({
                uuid: String(outputs[resource]!.uuid),
                name: names[index]!,
                project: "fleet",
                stack: "xen",
                resource,
                connection: host.uri,
                state: "running",
                lastEvent: { event: "started", reason: "resumed" },
                uptime: expect.any(Number) as number,
                ipAddresses: [`10.20.0.1${index}`],
                memory: 16,
                lastChange: { at: expect.any(String) as string, consequence: "create on dom0" },
            }),
        ),
    );
    // By tcp, a way to dom0 is in the stack's state alone.
    expect(shown.guests[0]!.uptime).toBeGreaterThan(shown.guests[1]!.uptime!);
    for (const name of names)
        expect(ofHost.stdout).toMatch(new RegExp(`^${name} +running +xen-host +\\d.* - +16 MiB +\\d.* ago$`, "m"));
    expect(log.stdout).toMatch(
        /configured by xenstore[^]*hostname web-0\.dom0[^]*argv\[1\] one[^]*test kernel ready\n$/,
    );
    expect(none.stderr).toContain("there is no guest none");
    expect(alone.stderr).toContain("no program on its host stores its output");
    expect([ofStack, ofHost, log, none, alone].map(({ code }) => code)).toEqual([0, 0, 0, 1, 1]);
}

test("a network, and a fleet on it: placed, shown, a canary that fails goes back alone, a roll-out, and nothing left", async () => {
    const lan = await networks.up("lan", LAN);
    expect(await host.virsh("net-info", "lan")).toMatch(/Active: +yes[^]*Persistent: +yes[^]*Autostart: +yes/);
    await withStack(
        "tests/plugin/programs/fleet",
        "xen",
        async (stack) => {
            await declare(stack, ["one"]);
            await stack.up();
            const outputs = await members(stack);
            const names = NAMES.map((name) => String(outputs[name]!.name));
            for (const name of NAMES)
                expect(outputs[name]).toMatchObject({ connection: host.uri, hostname: `${name}.dom0` });
            expect(await entries()).toEqual(["10.20.0.10", "10.20.0.11"]);
            await Promise.all([refusesRestart(lan, names), showsGuests(stack, outputs)]);

            const before = await numbers(stack);
            await declare(stack, ["two"], { TEST: "panic" });
            const failed = await stack.up({ fails: true });
            expect(failed.text).toMatch(/the last good guest is back: the guest ended before it was ready: panic/);
            expect(failed.text).toMatch(/^ *\| env TEST=panic$/m);
            const back = await numbers(stack);
            const [canary, ...others] = NAMES.filter((name) => back[name] !== before[name]);
            expect(others).toEqual([]);
            expect(await host.guestConsole(String(outputs[canary!]!.name))).toContain("argv[1] one");

            await declare(stack, ["two"]);
            const { text } = await stack.up({ args: ["--parallel", "32"] });
            expect(text).toContain(
                "2 restarts: canary 1 (1 s), then 1 at a time, at least 1 of 2 in service; about 21 s",
            );
            expect(text).toMatch(/ready; watching it for 1 s/);
            const after = await numbers(stack);
            for (const [index, name] of NAMES.entries()) {
                expect(after[name]).not.toBe(back[name]);
                expect(await host.guestConsole(names[index]!)).toContain("argv[1] two");
            }
            const last = await command(stack, "logs", "web-0", "--stack", "xen", "--boot", "-1");
            expect(last).toMatchObject({ code: 0, stdout: expect.stringContaining("argv[1] one") as string });
            expect(await entries()).toEqual(["10.20.0.10", "10.20.0.11"]);

            await stack.destroy();
            expect(await entries()).toEqual([]);
        },
        { config: { connection: host.uri, kernel } },
    );
    await networks.destroy(lan);
    expect(await host.virsh("net-list", "--all", "--name")).not.toContain("lan");
    expect(await host.virsh("list", "--all", "--name")).toBe("Domain-0");
    const left = "find /var/lib/pulumi-unikernel /var/log/xen/console -mindepth 1; ip -o link; pgrep dnsmasq; true";
    expect(await host.run("sh", "-c", left)).not.toMatch(/pulumi-unikernel|console|: vn|: vif|^\d+$/m);
});
