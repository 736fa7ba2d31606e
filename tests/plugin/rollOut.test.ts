import { existsSync } from "node:fs";
import { logicalName } from "../../model";
import { holdAt } from "../support/hold";
import type { LibvirtHost } from "../support/libvirtHost";
import { startLibvirtHost } from "../support/libvirtHost";
import { listenOn } from "../support/listener";
import { signalQuietly, until } from "../support/processes";
import { Fleets, opsOf } from "./fleets";

jest.setTimeout(900_000);

let host: LibvirtHost;
beforeAll(async () => {
    host = await startLibvirtHost();
});
afterEach(() => host.removeGuests());
afterAll(() => host.close());

const STRATEGY = { canary: { count: 1, bake: 2 }, maxUnavailable: 2 };
const STRICT = { minInService: 3, strategy: { ...STRATEGY, maxUnavailable: 1 } };
const fleetOf = (text: string, more: object = {}, env: object = {}) => ({
    replicas: 4,
    strategy: STRATEGY,
    template: { env: { TEXT: text, ...env } },
    ...more,
});
const LINE = "4 restarts: canary 1 (2 s), then 2 at a time, at least 2 of 4 in service; about 32 s";
const STRICT_LINE = /3 restarts: canary 1 \(2 s\), then 1 at a time, at least 3 of 4 in service; about 32 s/;

async function urnsOf({ stack }: Fleets): Promise<Record<string, { urn: string; uuid: string }>> {
    const { resources } = await stack.exportState();
    const named = resources.map(({ urn, type, outputs }) => [
        `${type.split(":").at(-1)} ${logicalName(urn)}`,
        { urn, uuid: String(outputs?.uuid) },
    ]);
    return Object.fromEntries(named);
}

/** The members whose process is another one. */
function restarted(before: Record<string, string>, after: Record<string, string>): string[] {
    return Object.keys(before)
        .filter((name) => before[name] !== after[name])
        .sort();
}

test("the plugin's fleet: no row without a change, a failed canary leaves the rest, a roll-out whose provider or engine was killed is continued", async () => {
    await Fleets.with(host, "roll-out", async (fleets) => {
        const { stack } = fleets;
        await fleets.declare("plugin", fleetOf("one"));
        expect((await stack.up()).text).toContain("FleetRollOut web");
        expect((await stack.up()).changes).toEqual({ same: 7 });
        const urns = await urnsOf(fleets);

        const before = await fleets.processes();
        await fleets.declare("plugin", fleetOf("bad", {}, { THEN: "halt" }));
        expect((await stack.preview()).text).toContain(LINE);
        const failed = await stack.up({ fails: true, args: ["--parallel", "32"] });
        expect(failed.text).toMatch(/the last good guest is back: the guest ended \d+ s after it was ready: halted/);
        const [canary, ...others] = restarted(before, await fleets.processes());
        expect(others).toEqual([]);
        expect(failed.text).toMatch(new RegExp(`web-[01] was left as it was: canary ${canary} failed`));

        await fleets.declare("plugin", fleetOf("two", STRICT));
        const hold = await holdAt([{ uuid: urns["Unikernel web-1"]!.uuid, call: "domains.start", when: "after" }]);
        try {
            const run = await stack.start("up", { env: hold.env });
            const provider = await hold.reached(run.ended);
            signalQuietly(provider, "SIGKILL");
            expect((await run.ended).failed).toBe(true);
            await until(() => !existsSync(`/proc/${provider}`));
        } finally {
            await hold.remove();
        }
        const cut = await fleets.processes();
        const { text } = await stack.up({ args: ["--parallel", "32"] });
        expect(text).toMatch(STRICT_LINE);
        // It runs, and is proven before the next one is touched.
        expect(restarted(cut, await fleets.processes())).toEqual(["web-2", "web-3"]);
        expect(text).toMatch(/web-1 updating .*ready; watching it for 2 s[^]*web-1 updated[^]*web-2 updating/);

        // The engine is killed in the middle of the next roll-out: its provider ends, and leaves a member in its middle.
        const whole = await fleets.processes();
        await fleets.declare("plugin", fleetOf("three", STRICT));
        const middle = await holdAt([{ uuid: urns["Unikernel web-1"]!.uuid, call: "domains.start", when: "after" }]);
        try {
            const run = await stack.start("up", { env: middle.env });
            const provider = await middle.reached(run.ended);
            run.kill("SIGKILL");
            await run.ended;
            signalQuietly(provider, "SIGKILL");
            await until(() => !existsSync(`/proc/${provider}`));
        } finally {
            await middle.remove();
        }
        await stack.cancel();
        const stopped = await fleets.processes();
        expect(restarted(whole, stopped)).toEqual(["web-0", "web-1"]);
        const converged = await stack.up({ args: ["--parallel", "32"] });
        expect(converged.text).toMatch(
            /web-1 updating .*ready; watching it for 2 s[^]*web-1 updated[^]*web-2 updating/,
        );
        expect(restarted(stopped, await fleets.processes())).toEqual(
            expect.arrayContaining(["web-2", "web-3"]) as string[],
        );
        expect((await stack.up()).changes).toEqual({ same: 7 });

        const replaced = await stack.up({ args: ["--replace", urns["Unikernel web-0"]!.urn] });
        expect(replaced.text).toMatch(/1 replacement: canary 1 \(2 s\), at least 3 of 4 in service; about 12 s/);
    });
});

test("the class's fleet: one at a time, a killed sibling makes a stop refuse, --target brings it back", async () => {
    await Fleets.with(host, "roll-out-class", async (fleets) => {
        const { stack } = fleets;
        await fleets.declare("function", fleetOf("one"));
        await stack.up();
        const urns = await urnsOf(fleets);
        const before = await fleets.processes();
        await fleets.declare("template", fleetOf("two"));
        expect((await stack.preview()).text).toContain(LINE);
        await stack.up({ args: ["--parallel", "1"] });
        const after = await fleets.processes();
        expect(restarted(before, after)).toEqual(["web-0", "web-1", "web-2", "web-3"]);

        await fleets.declare("template", fleetOf("three", STRICT));
        process.kill(Number(after["web-3"]!.split(" ")[1]), "SIGKILL");
        await until(async () => !(await host.virsh("list", "--name")).includes("web-3"));
        const refused = await stack.up({ fails: true, args: ["--parallel", "2"] });
        expect(refused.text).toMatch(
            /web-0 is not stopped, and stays as it is: 2 of 4 members of web would be in service, and minInService is 3; web-3 is off/,
        );
        const lost = urns["Unikernel web-3"]!.urn;
        expect(refused.text).toContain(`bring it back first: pulumi up --refresh --target '${lost}'`);
        expect(restarted(after, await fleets.processes())).toEqual(["web-3"]);

        const target = ["--target", lost, "--target", urns["Unikernel web-0"]!.urn];
        const budget = ["--target", urns["FleetRollOut web"]!.urn];
        const preview = await stack.preview({ fails: true, args: [...target, ...budget] });
        expect(preview.text).toMatch(/the budget is not provable: web-1, web-2 are no part of this run/);
        const targeted = await stack.up({ args: ["--refresh", "--target", lost] });
        expect(opsOf(targeted)["Unikernel web-3"]).toBe("update");
        const { text } = await stack.up({ args: ["--parallel", "2"] });
        expect(text).not.toContain("not provable");
        expect(restarted(after, await fleets.processes())).toEqual(["web-0", "web-1", "web-2", "web-3"]);
    });
});

test("a member that runs and does not serve any more makes a stop refuse, until it serves again", async () => {
    await host.defineNatNetwork("lan", { subnet: "10.71.0", isolated: true });
    const bridge = /<bridge name=["']([^"']+)/.exec(await host.virsh("net-dumpxml", "lan"))![1]!;
    const addresses = ["10.71.0.11", "10.71.0.12"];
    for (const address of addresses)
        expect(await host.exec("ip", ["addr", "add", `${address}/32`, "dev", bridge])).toMatchObject({ code: 0 });
    // The test kernel has no server: the host answers at the addresses of its members.
    const servers = await Promise.all(addresses.map((address) => listenOn(host, 8080, address)));
    try {
        await Fleets.with(host, "roll-out-deaf", async (fleets) => {
            const { stack } = fleets;
            const fleet = (text: string) => ({
                replicas: 2,
                strategy: { maxUnavailable: 1 },
                template: { env: { TEXT: text }, readiness: { tcp: { port: 8080 }, timeout: 600 } },
                members: Object.fromEntries(
                    addresses.map((address, index) => [
                        index,
                        { interfaces: [{ attach: { network: "lan" }, ipv4: { address: `${address}/24` } }] },
                    ]),
                ),
            });
            await fleets.declare("template", fleet("one"));
            await stack.up();
            const before = await fleets.processes();
            servers[1]!.stop();
            await fleets.declare("template", fleet("two"));
            const refused = await stack.up({ fails: true });
            expect(refused.text).toMatch(
                /web-0 is not stopped, and stays as it is: web may have 1 out of service at once; web-1 runs and does not serve: 10\.71\.0\.12: .*ECONNREFUSED/,
            );
            expect(await fleets.processes()).toEqual(before);
            servers[1] = await listenOn(host, 8080, addresses[1]);
            await stack.up();
            expect(restarted(before, await fleets.processes())).toEqual(["web-0", "web-1"]);
        });
    } finally {
        for (const one of servers) one.stop();
    }
});
