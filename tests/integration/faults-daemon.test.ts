import { PartialError } from "../../backends";
import type { Host } from "../../backends/libvirt";
import { LONG } from "../support/killed";
import { type Lifecycle, openLifecycle } from "../support/lifecycle";

/** Something to be done just before one call of the host. */
let before: { call: string; deed(): Promise<void> } | undefined;

/** A host whose daemon dies at a call: only for the fault. */
function dying(host: Host): Host {
    const domains = new Proxy(host.domains, {
        get(target, key, receiver) {
            const value: unknown = Reflect.get(target, key, receiver);
            if (typeof value !== "function") return value;
            return async (...args: unknown[]) => {
                const fault = before;
                if (fault?.call === key) {
                    before = undefined;
                    await fault.deed();
                }
                return Reflect.apply(value, target, args) as unknown;
            };
        },
    });
    return { ...host, domains };
}

// Restarts of real guests, on machines that do other things too.
jest.setTimeout(900_000);

let its: Lifecycle;
beforeAll(async () => {
    its = await openLifecycle({ wrap: dying });
});
afterAll(() => its.close());

// The other calls by the long run; hosts in memory fail at any call (tests/faults/memory).
test.each(LONG ? ["define", "destroy", "start", "state", "setMetadata"] : ["define", "start"])(
    "libvirtd is killed in an update, before %s: nothing is lost, and the next run ends it",
    async (call) => {
        const guest = its.guest({ args: ["old"] });
        const next = { ...guest, args: ["new"] };
        await its.create(guest);
        before = { call, deed: () => its.host.killDaemon() };
        await expect(its.update(guest, next)).rejects.toMatchObject({ code: "unreachable" });
        await expect(its.observe(guest)).rejects.toMatchObject({ code: "unreachable" });
        await its.host.startDaemon();
        expect(await its.observe(guest)).toMatchObject({ host: its.host.uuid });
        expect(await its.update(guest, next)).toMatchObject({ state: "running", unfinished: false });
        expect(await its.observe(next)).toMatchObject({ state: "running", drift: {}, unfinished: false });
        expect(await its.files(next)).toEqual([expect.stringMatching(/^initrd-/), expect.stringMatching(/^kernel-/)]);
        await its.delete(next);
        await its.expectNothing(next);
    },
);

test("libvirtd is killed in a rollback: the old guest is still known", async () => {
    const guest = its.guest();
    await its.create(guest);
    const update = its.update(guest, { ...guest, env: { TEST: "panic" } });
    // The second definition of an update that fails is the old one's.
    before = {
        call: "define",
        deed: async () => {
            before = { call: "define", deed: () => its.host.killDaemon() };
        },
    };
    await expect(update).rejects.toMatchObject({ code: "unreachable" });
    await its.host.startDaemon();
    await expect(its.update(guest, { ...guest, env: { TEST: "panic" } })).rejects.toMatchObject({
        code: "rolled-back",
    });
    expect(await its.observe(guest)).toMatchObject({ state: "running", drift: {}, unfinished: false });
});

test.each<[string, boolean]>([
    ["start", true],
    ["get", false],
    ...(LONG ? [["define", true] as [string, boolean]] : []),
])("libvirtd is killed in a create, before %s", async (call, known) => {
    const guest = its.guest();
    before = { call, deed: () => its.host.killDaemon() };
    const error: unknown = await its.create(guest).catch((caught: unknown) => caught);
    // From the definition on, state has to know that something may be there.
    if (known) expect(error).toBeInstanceOf(PartialError);
    else expect(error).toMatchObject({ code: "unreachable" });
    await its.host.startDaemon();
    if (known) expect(await its.update(guest, guest)).toMatchObject({ state: "running", unfinished: false });
    else expect(await its.create(guest)).toMatchObject({ state: "running", unfinished: false });
    await its.delete(guest);
    await its.expectNothing(guest);
});

test("libvirtd that is stopped is never taken for a guest that is gone", async () => {
    const guest = its.guest();
    await its.create(guest);
    await its.host.stopDaemon();
    for (const run of [its.observe(guest), its.update(guest, guest), its.delete(guest), its.create(guest)]) {
        await expect(run).rejects.toMatchObject({ code: "unreachable" });
    }
    await its.host.startDaemon();
    expect(await its.observe(guest)).toMatchObject({ state: "running" });
});

test("the daemon dies while a guest is deleted: the next delete ends it", async () => {
    for (const call of LONG ? ["destroy", "undefine"] : ["undefine"]) {
        const guest = its.guest();
        await its.create(guest);
        before = { call, deed: () => its.host.killDaemon() };
        await expect(its.delete(guest)).rejects.toMatchObject({ code: "unreachable" });
        await its.host.startDaemon();
        await its.delete(guest);
        await its.expectNothing(guest);
    }
});
