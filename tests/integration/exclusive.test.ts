import { patience } from "../../backends/libvirt/lifecycle/network/handOver";
import { networkInterfaceHandlers } from "../../core/networkInterface";
import { type GuestOptions, type Lifecycle, openLifecycle } from "../support/lifecycle";
import { listenOn } from "../support/listener";
import { testUnikernels, type Unikernels } from "../support/unikernels";

jest.setTimeout(900_000);

type Properties = Record<string, unknown>;

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

    /** The inputs of another run that changes both. */
    async function next(names: [string, string], states: Properties[], after: [Properties, Properties]) {
        guests.newRun();
        const inputs: Properties[] = [];
        for (const [index, name] of names.entries())
            inputs.push(await guests.check(name, after[index]!, states[index]!));
        return inputs as [Properties, Properties];
    }

    test("reserved addresses and MAC addresses are swapped in one run, one update after the other; what an update that fails had given up comes back", async () => {
        const names: [string, string] = ["a", "b"];
        const {
            states: [a, b],
            inputs,
        } = await pair(
            names,
            [reserved(1, "10.88.0.20"), reserved(2, "10.88.0.21")],
            [{ ...reserved(1, "10.88.0.21"), env: { TEST: "panic" } }, reserved(2, "10.88.0.20")],
        );
        await expect(guests.update(inputs[0], a)).rejects.toMatchObject({ code: "rolled-back" });
        expect(await entries()).toEqual(["01 10.88.0.20", "02 10.88.0.21"]);

        const swapped = await next(names, [a, b], [reserved(1, "10.88.0.21"), reserved(2, "10.88.0.20")]);
        const first = await guests.update(swapped[0], a);
        expect(await entries()).toEqual(["01 10.88.0.21"]);
        const second = await guests.update(swapped[1], b);
        expect(await entries()).toEqual(["01 10.88.0.21", "02 10.88.0.20"]);

        // Each reserved address stays with its guest, whose MAC address is the other's now.
        const exchanged = await next(names, [first, second], [reserved(2, "10.88.0.21"), reserved(1, "10.88.0.20")]);
        const after = await Promise.all([guests.update(exchanged[0], first), guests.update(exchanged[1], second)]);
        expect(await entries()).toEqual(["01 10.88.0.20", "02 10.88.0.21"]);
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

    test("ports are swapped in one run: each guest restarts once; a port whose holder is updated later is waited for, and refused without a restart where that does not come", async () => {
        const names: [string, string] = ["g", "h"];
        const {
            states: [a, b],
            inputs,
        } = await pair(names, [port(7, 8071), port(8, 8072)], [port(7, 8072), port(8, 8071)]);
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

        const later = await next(names, after, [port(7, 8071), port(8, 8075)]);
        const process = await processOf(a);
        patience.yield = 1000;
        await expect(guests.update(later[0], after[0])).rejects.toMatchObject({
            code: "in-use",
            property: "interfaces[0].attach.user.forward[0].host",
            message: expect.stringMatching(/has tcp port 8071 of 127\.0\.0\.1: it is "h" of this stack/) as string,
            hint: expect.stringContaining(`pulumi up --target '${guests.urnOf("h")}'`) as string,
        });
        expect(await processOf(a)).toBe(process);
        patience.yield = usual.yield;
        const late = guests.update(later[0], after[0]);
        const last = await Promise.all([late, guests.update(later[1], after[1])]);
        expect((await its.host.exec("ss", ["-ltnH"])).stdout).toMatch(/127\.0\.0\.1:8071/);
        await Promise.all(last.map((state) => guests.destroy(state)));
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
