import { patience } from "../../backends/libvirt/lifecycle/network/handOver";
import { networkInterfaceHandlers } from "../../core/networkInterface";
import { type GuestOptions, type Lifecycle, openLifecycle } from "../support/lifecycle";
import { listenOn } from "../support/listener";
import { testUnikernels, type Unikernels } from "../support/unikernels";

jest.setTimeout(180_000);

let its: Lifecycle;
let guests: Unikernels;
const listeners: { stop(): void }[] = [];

beforeAll(async () => {
    its = await openLifecycle();
    await its.host.defineNatNetwork("lan", { subnet: "10.88.0" });
    guests = testUnikernels(its);
});
afterAll(async () => {
    for (const one of listeners) one.stop();
    await its.close();
});

const processOf = (state: Record<string, unknown>): Promise<string> => its.host.guestProcess(String(state.name));

describe("an automatic port that another program has", () => {
    const declared = { attach: { user: { forward: [{ guest: 80 }] } } };
    const checkInterface = async (name: string, olds: Record<string, unknown> = {}) =>
        (
            await networkInterfaceHandlers().check(olds, {
                resourceUrn: `urn:pulumi:test::exclusive::pulumi-unikernel:index:NetworkInterface::${name}`,
                ...declared,
            })
        ).inputs;
    const portOf = (card: Record<string, unknown>): number =>
        (card.attach as { user: { forward: { host: number }[] } }).user.forward[0]!.host;
    const plugged = (card: Record<string, unknown>) => ({ interfaces: [{ mac: card.mac, attach: card.attach }] });

    test("is another one after a create that failed by it, and after a later start that did", async () => {
        const first = await checkInterface("busy");
        listeners.push(await listenOn(its.host, portOf(first)));
        await expect(guests.up("busy", plugged(first))).rejects.toMatchObject({
            code: "in-use",
            property: "interfaces[0].attach.user.forward[0].host",
            hint: expect.stringContaining("run pulumi up again") as string,
        });
        const second = await checkInterface("busy", first);
        expect(portOf(second)).not.toBe(portOf(first));
        const { state } = await guests.up("busy", plugged(second));
        // A port that works is kept, running or not.
        expect(await checkInterface("busy", second)).toEqual(second);
        const off = await guests.up("busy", { ...plugged(second), state: "stopped" }, state);
        listeners.push(await listenOn(its.host, portOf(second)));
        await expect(guests.up("busy", plugged(second), off.state)).rejects.toThrow(/another program has it/);
        const third = await checkInterface("busy", second);
        expect([portOf(first), portOf(second)]).not.toContain(portOf(third));
        const on = await guests.up("busy", plugged(third), off.state);
        expect(await its.host.exec("ss", ["-ltnH"])).toMatchObject({
            stdout: expect.stringContaining(`127.0.0.1:${portOf(third)}`) as string,
        });
        await guests.destroy(on.state);
    });
});

describe("a hand-over inside a stack", () => {
    const card = (number: number, attach: object, reserve?: string) => ({
        interfaces: [
            {
                mac: `52:54:00:44:00:${number.toString(16).padStart(2, "0")}`,
                attach,
                ...(reserve ? { ipv4: { reserve } } : {}),
            },
        ],
    });
    const port = (number: number, host: number) =>
        card(number, { user: { forward: [{ host, guest: 80, address: "127.0.0.1", protocol: "tcp" }] } });
    const reserved = (number: number, address: string) => card(number, { network: "lan" }, address);
    const entries = async (): Promise<string[]> =>
        [...(await its.host.virsh("net-dumpxml", "lan")).matchAll(/<host mac='52:54:00:44:00:(\w\w)' ip='([^']+)'/g)]
            .map(([, mac, address]) => `${mac} ${address}`)
            .sort();
    const usual = { ...patience };
    beforeEach(() => {
        guests.newRun();
    });
    afterEach(() => {
        Object.assign(patience, usual);
    });

    /** Both are created in a run of their own; returned are the inputs of a run that changes both, and the states. */
    async function pair(names: [string, string], before: [object, object], after: [object, object]) {
        const states = await Promise.all(
            names.map(async (name, index) => (await guests.up(name, before[index] as Record<string, unknown>)).state),
        );
        guests.newRun();
        const inputs: Record<string, unknown>[] = [];
        for (const [index, name] of names.entries())
            inputs.push(await guests.check(name, after[index] as Record<string, unknown>, states[index]));
        return {
            states: states as [Record<string, unknown>, Record<string, unknown>],
            inputs: inputs as [Record<string, unknown>, Record<string, unknown>],
        };
    }

    test("reserved addresses are swapped in one run, one update after the other", async () => {
        const {
            states: [a, b],
            inputs,
        } = await pair(
            ["a", "b"],
            [reserved(1, "10.88.0.20"), reserved(2, "10.88.0.21")],
            [reserved(1, "10.88.0.21"), reserved(2, "10.88.0.20")],
        );
        const first = await guests.update(inputs[0], a);
        expect(await entries()).toEqual(["01 10.88.0.21"]);
        const second = await guests.update(inputs[1], b);
        expect(await entries()).toEqual(["01 10.88.0.21", "02 10.88.0.20"]);
        await Promise.all([guests.destroy(first), guests.destroy(second)]);
        expect(await entries()).toEqual([]);
    });

    test("MAC addresses are exchanged in one run, and each reserved address stays with its guest", async () => {
        const {
            states: [a, b],
            inputs,
        } = await pair(
            ["mac-a", "mac-b"],
            [reserved(64, "10.88.0.50"), reserved(65, "10.88.0.51")],
            [reserved(65, "10.88.0.50"), reserved(64, "10.88.0.51")],
        );
        const after = await Promise.all([guests.update(inputs[0], a), guests.update(inputs[1], b)]);
        expect(await entries()).toEqual(["40 10.88.0.51", "41 10.88.0.50"]);
        await Promise.all(after.map((state) => guests.destroy(state)));
        expect(await entries()).toEqual([]);
    });

    test("two interfaces of one guest exchange their addresses; an update that fails gives them back", async () => {
        const both = (one: string, other: string) => ({
            interfaces: [...reserved(60, one).interfaces, ...reserved(61, other).interfaces],
        });
        const { state } = await guests.up("both", both("10.88.0.60", "10.88.0.61"));
        await expect(
            guests.up("both", { ...both("10.88.0.61", "10.88.0.60"), env: { TEST: "panic" } }, state),
        ).rejects.toMatchObject({ code: "rolled-back" });
        expect(await entries()).toEqual(["3c 10.88.0.60", "3d 10.88.0.61"]);
        const { state: after } = await guests.up("both", both("10.88.0.61", "10.88.0.60"), state);
        expect(await entries()).toEqual(["3c 10.88.0.61", "3d 10.88.0.60"]);
        await guests.destroy(after);
        expect(await entries()).toEqual([]);
    });

    test("an address comes back to the guest that had it, where the other's update fails", async () => {
        const {
            states: [a, b],
            inputs,
        } = await pair(
            ["c", "d"],
            [reserved(3, "10.88.0.30"), reserved(4, "10.88.0.31")],
            [{ ...reserved(3, "10.88.0.31"), env: { TEST: "panic" } }, reserved(4, "10.88.0.30")],
        );
        await expect(guests.update(inputs[0], a)).rejects.toMatchObject({ code: "rolled-back" });
        expect(await entries()).toEqual(["03 10.88.0.30", "04 10.88.0.31"]);
        await Promise.all([guests.destroy(a), guests.destroy(b)]);
    });

    test("ports are swapped in one run: each guest restarts once", async () => {
        const {
            states: [a, b],
            inputs,
        } = await pair(["e", "f"], [port(5, 8071), port(6, 8072)], [port(5, 8072), port(6, 8071)]);
        const before = [await processOf(a), await processOf(b)];
        const after = await Promise.all([guests.update(inputs[0], a), guests.update(inputs[1], b)]);
        expect([await processOf(a), await processOf(b)].filter((process) => before.includes(process))).toEqual([]);
        for (const [index, place] of [
            [0, 8072],
            [1, 8071],
        ] as const) {
            expect(await its.host.virsh("dumpxml", String(after[index]!.name))).toContain(
                `hostfwd=tcp:127.0.0.1:${place}-`,
            );
        }
        await Promise.all(after.map((state) => guests.destroy(state)));
    });

    test("a port whose holder is updated later is waited for, and refused without a restart where that does not come", async () => {
        const {
            states: [a, b],
            inputs,
        } = await pair(["g", "h"], [port(7, 8073), port(8, 8074)], [port(7, 8074), port(8, 8075)]);
        const before = await processOf(a);
        patience.yield = 1000;
        await expect(guests.update(inputs[0], a)).rejects.toMatchObject({
            code: "in-use",
            property: "interfaces[0].attach.user.forward[0].host",
            message: expect.stringMatching(/has tcp port 8074 of 127\.0\.0\.1: it is "h" of this stack/) as string,
            hint: expect.stringContaining(`pulumi up --target '${guests.urnOf("h")}'`) as string,
        });
        expect(await processOf(a)).toBe(before);
        patience.yield = usual.yield;
        const late = guests.update(inputs[0], a);
        const [first, second] = await Promise.all([late, guests.update(inputs[1], b)]);
        expect((await its.host.exec("ss", ["-ltnH"])).stdout).toMatch(/127\.0\.0\.1:8074/);
        await Promise.all([guests.destroy(first), guests.destroy(second)]);
    });

    test("what a guest has that is not declared any more is refused without a restart, and the holder named with aliases", async () => {
        patience.declare = 500;
        const holder = await guests.up("gone", { ...port(9, 8076), name: "fixed" });
        const other = await guests.up("stays", reserved(10, "10.88.0.40"));
        const mine = await guests.up("mine", port(11, 8077));
        const before = await processOf(mine.state);
        guests.newRun();
        const named = {
            message: expect.stringMatching(/it is "gone" of this stack/) as string,
            hint: expect.stringContaining('aliases: [{ name: "gone" }]') as string,
        };
        await expect(guests.up("mine", port(11, 8076), mine.state)).rejects.toMatchObject({ code: "in-use", ...named });
        await expect(guests.up("renamed", { name: "fixed" })).rejects.toMatchObject({
            code: "not-ours",
            property: "name",
            ...named,
        });
        await expect(guests.up("thief", reserved(12, "10.88.0.40"))).rejects.toMatchObject({
            code: "in-use",
            property: "interfaces[0].ipv4.reserve",
            message: expect.stringMatching(/"stays" of this stack/) as string,
            hint: expect.stringContaining("aliases") as string,
        });
        expect([await processOf(mine.state), await entries()]).toEqual([before, ["0a 10.88.0.40"]]);
        await Promise.all([holder, other, mine].map(({ state }) => guests.destroy(state)));
    });

    test("a guest of another stack is named as the holder at once", async () => {
        const stranger = its.guest({ urn: guests.urnOf("web", "prod"), ...port(13, 8078) } as GuestOptions);
        await its.create(stranger);
        await expect(guests.up("ours", port(14, 8078))).rejects.toMatchObject({
            code: "in-use",
            message: expect.stringMatching(/it belongs to "web" of stack prod of project exclusive/) as string,
            hint: expect.not.stringContaining("aliases") as string,
        });
        await its.delete(stranger);
    });

    test("a fixed name goes to a new guest as soon as its holder, which gets another name, is replaced", async () => {
        const { state } = await guests.up("named", { name: "shared" });
        guests.newRun();
        const taker = await guests.check("taker", { name: "shared" });
        await guests.check("named", { name: "other" }, state);
        const created = guests.create(taker);
        await guests.destroy(state);
        expect(await created).toMatchObject({ name: "shared" });
        await guests.destroy(await created);
    });
});
