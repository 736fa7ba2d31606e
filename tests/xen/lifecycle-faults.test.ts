import { PartialError } from "../../backends";
import { UnikernelError } from "../../model";
import type { GuestOptions } from "../support/lifecycle";
import type { PlanOptions } from "../support/plans";
import { HANG_MS } from "../support/time";
import { openXenLifecycle, type XenLifecycle } from "../support/xenLifecycle";

jest.setTimeout(900_000);

/** What the next start meets; undone by its test. */
let beforeStart: (() => Promise<unknown>) | undefined;
let xenstoreFails: string | undefined;

let its: XenLifecycle;
beforeAll(async () => {
    its = await openXenLifecycle({
        host: (host) => ({
            ...host,
            domains: {
                ...host.domains,
                start: async (...args) => {
                    await beforeStart?.();
                    return host.domains.start(...args);
                },
            },
        }),
        dom0: (dom0) => ({
            ...dom0,
            xenstore: async (messages) => {
                if (xenstoreFails) throw new UnikernelError("program-failed", xenstoreFails);
                return dom0.xenstore(messages);
            },
        }),
    });
}, 900_000);
afterEach(() => {
    beforeStart = xenstoreFails = undefined;
});
afterAll(() => its?.close());

const failure = (work: Promise<unknown>) =>
    work.then(
        () => {
            throw new Error("it did not fail");
        },
        (error: unknown) => error,
    );

describe("never a guest without its configuration", () => {
    const ways: Record<string, { breaks(): Promise<unknown>; mends(): Promise<unknown>; says: RegExp }> = {
        "is refused": {
            breaks: async () => {
                xenstoreFails = "xenstore: write of rumprun/cfg: ENOSPC";
            },
            mends: async () => {
                xenstoreFails = undefined;
            },
            says: /ENOSPC/,
        },
        "finds no xenstore": {
            breaks: async () => {
                beforeStart = () =>
                    its.host.run("sh", "-c", "mv /dev/xen/xenbus /dev/xen/away; mount -t tmpfs none /proc/xen");
            },
            mends: async () => {
                beforeStart = undefined;
                await its.host.run("sh", "-c", "mv /dev/xen/away /dev/xen/xenbus; umount /proc/xen");
            },
            says: /xenbus/,
        },
    };
    const guest = (): PlanOptions => its.guest({ name: "untold" });
    test.each(Object.entries(ways))(
        "a create whose write %s leaves nothing, and says so",
        async (_how, { breaks, mends, says }) => {
            await breaks();
            const error = await failure(its.create(guest())).finally(mends);
            expect(error).toMatchObject({
                message: expect.stringMatching(
                    /could not be told its configuration and was destroyed before it ran: /,
                ) as string,
            });
            expect((error as Error).message).toMatch(says);
            await its.expectNothing(guest());
        },
    );
    test("and the next create makes it", async () => {
        expect(await its.create(guest())).toMatchObject({ state: "running", unfinished: false });
        await its.delete(guest());
    });

    test("an update whose write is refused goes back to the guest that was there, which is told; where that fails too, none runs", async () => {
        const guest = its.guest({ args: ["good"] });
        const made = await its.create(guest);
        const next = { ...guest, args: ["better"] };
        let writes = 0;
        // The look before an update asks too.
        beforeStart = async () => {
            xenstoreFails = writes++ === 0 ? "xenstore: ENOSPC" : undefined;
        };
        expect(await failure(its.update(guest, next))).toMatchObject({
            code: "rolled-back",
            message: expect.stringMatching(/could not be told/) as string,
        });
        expect(await its.observe(guest)).toEqual(made);
        expect(await its.host.guestConsole(guest.name)).toContain("argv[1] good");

        beforeStart = async () => {
            xenstoreFails = "xenstore: ENOSPC";
        };
        const error = await failure(its.update(guest, next));
        expect(error).toBeInstanceOf(PartialError);
        expect((error as PartialError).reasons.join("\n")).toMatch(
            /could not be told[^]*going back to the last good guest failed too/,
        );
        expect(await its.host.virsh("domstate", guest.name)).toBe("shut off");
        expect(await its.id(guest)).toBe("-");
        [beforeStart, xenstoreFails] = [undefined, undefined];
        expect(await its.update(guest, next)).toMatchObject({ state: "running", unfinished: false });
        await its.delete(next);
        await its.expectNothing(guest);
    });
});

test.each<[string, GuestOptions, object]>([
    [
        "no bridge",
        { interfaces: [{ mac: "52:54:00:44:00:01", attach: { bridge: "nowhere" } }] },
        { code: "not-found", property: "interfaces[0].attach.bridge" },
    ],
    [
        "no such network",
        { interfaces: [{ mac: "52:54:00:44:00:01", attach: { network: "nowhere" } }] },
        { code: "not-found", property: "interfaces[0].attach.network" },
    ],
    ["more memory than the host has", { memory: 3000 }, { code: "no-space", property: "memory" }],
])("%s: an error by property, and nothing left", async (_what, options, expected) => {
    const guest = its.guest(options);
    expect(await failure(its.create(guest))).toMatchObject(expected);
    await its.expectNothing(guest);
    expect((await its.host.run("xl", "list")).split("\n")).toHaveLength(2);
});

test("one that crashed and is kept gives way to an update", async () => {
    const guest: PlanOptions = its.guest({ onCrash: "preserve", env: { THEN: "panic", THEN_AFTER: "400" } });
    await its.create(guest);
    for (const end = Date.now() + HANG_MS; (await its.observe(guest))!.state !== "stopped"; )
        if (Date.now() > end) throw new Error("it did not crash");
    expect(await its.observe(guest)).toMatchObject({ state: "stopped", drift: { state: "stopped" } });
    expect((await its.host.exec("xl", ["domid", guest.name])).code).toBe(0);
    const next = { ...guest, env: {} };
    expect(await its.update(guest, next)).toMatchObject({ state: "running", unfinished: false });
    expect((await its.host.run("xl", "list")).split("\n").filter((line) => line.includes(guest.name))).toHaveLength(1);
    await its.delete(next);
    await its.expectNothing(guest);
});

test("libvirtd restarted between two calls", async () => {
    const guest = its.guest();
    const made = await its.create(guest);
    const before = await its.id(guest);
    for (const end of [() => its.host.stopDaemon(), () => its.host.killDaemon()]) {
        await end();
        expect(await failure(its.observe(guest))).toMatchObject({ code: "unreachable" });
        await its.host.startDaemon();
        expect(await its.observe(guest)).toEqual(made);
    }
    expect(await its.id(guest)).toBe(before);
    expect(await its.update(guest, { ...guest, args: ["two"] })).toMatchObject({ state: "running", unfinished: false });
    await its.delete(guest);
    await its.expectNothing(guest);
});

/** Domains of this name that Xen has, whatever libvirt says. */
const domains = async ({ name }: PlanOptions) =>
    (await its.host.run("xl", "list")).split("\n").filter((line) => line.startsWith(`${name} `)).length;

/** It crashes over and over, and the host starts it over and over. */
async function crashing(): Promise<PlanOptions> {
    const guest = its.guest({
        guest: "raw",
        args: ["TEST=panic"],
        onCrash: "restart",
        readiness: { console: "test kernel ready", timeout: 2 },
    });
    const error = await failure(its.create(guest));
    expect(error).toBeInstanceOf(PartialError);
    expect((error as PartialError).reasons[0]).toMatch(/not ready after 2 s|ended before it was ready/);
    return guest;
}

test("a guest that crashes in a loop is not ready; an update ends with the new guest alone, which goes without a trace", async () => {
    const guest = await crashing();
    const good = { ...guest, args: ["ACPI=on"] };
    expect(await its.update(guest, good)).toMatchObject({ state: "running", unfinished: false });
    const number = await its.id(guest);
    expect(await its.observe(good)).toMatchObject({ state: "running", drift: {}, unfinished: false });
    expect(await domains(guest)).toBe(1);
    expect(await its.id(guest)).toBe(number);
    // Back to one that crashes: the good one returns, and stays.
    expect(await failure(its.update(good, guest))).toMatchObject({ code: "rolled-back" });
    expect(await its.observe(good)).toMatchObject({ state: "running", drift: {}, unfinished: false });
    expect(await domains(guest)).toBe(1);
    await its.delete(good);
    await its.expectNothing(guest);
});

test("guests that crash in a loop are deleted, wherever in it they are", async () => {
    const guests = await Promise.all([crashing(), crashing()]);
    await Promise.all(guests.map((guest) => its.delete(guest)));
    for (const guest of guests) await its.expectNothing(guest);
});

test("a guest that does not hear a request to shut down is forced when its time is over; meanwhile others are served, and one that hears it ends by itself", async () => {
    const [deaf, hears] = [
        its.guest({ guest: "raw", shutdownTimeout: 10 }),
        its.guest({ guest: "raw", args: ["ACPI=on"], shutdownTimeout: 60 }),
    ];
    await Promise.all([its.create(deaf), its.create(hears)]);
    const begin = Date.now();
    let gone = false;
    const going = its.delete(deaf).then(() => {
        gone = true;
        return Date.now() - begin;
    });
    await its.host.virsh("list", "--all");
    expect(gone).toBe(false);
    expect(await its.update(hears, { ...hears, state: "stopped" })).toMatchObject({ state: "stopped" });
    expect(await its.host.guestConsole(hears.name)).toContain("control/shutdown poweroff");
    await its.delete(hears);
    await its.expectNothing(hears);
    expect(await going).toBeGreaterThanOrEqual(10_000);
    await its.expectNothing(deaf);
});
