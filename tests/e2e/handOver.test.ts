import { type By, Either } from "../plugin/either";
import { type LibvirtHost, startLibvirtHost } from "../support/libvirtHost";

jest.setTimeout(900_000);

const NETWORK = "lan";

let host: LibvirtHost;
beforeAll(async () => {
    host = await startLibvirtHost();
    await host.defineNatNetwork(NETWORK, { subnet: "10.67.0", isolated: true });
});
afterAll(() => host.close());

const forward = (port: number): object => ({
    attach: { user: { forward: [{ host: port, guest: 80, address: "127.0.0.1" }] } },
});
const reserved = (mac: string, reserve: string): object => ({ mac, attach: { network: NETWORK }, ipv4: { reserve } });

/** The ports and addresses of the guests of one provider; their names begin with its own. */
const THINGS = [
    { by: "dynamic", ports: [18_167, 18_168], part: 1 },
    { by: "plugin", ports: [18_169, 18_170], part: 2 },
] as const satisfies { by: By; ports: [number, number]; part: number }[];
const mac = (part: number, number: number): string => `52:54:00:67:0${part}:0${number}`;
const address = (part: number, number: number): string => `10.67.0.${part}${number}`;

/** Guests `a` and `b` with ports and reserved addresses, `p` and `q` with MACs for the addresses that they keep, `c` with a fixed name. */
const ALL = Object.fromEntries(
    THINGS.flatMap(({ by, ports: [one, two], part }) =>
        Object.entries({
            a: { interfaces: [forward(one), reserved(mac(part, 1), address(part, 1))] },
            b: { interfaces: [forward(two), reserved(mac(part, 2), address(part, 2))] },
            p: { interfaces: [reserved(mac(part, 3), address(part, 3))] },
            q: { interfaces: [reserved(mac(part, 4), address(part, 4))] },
            c: { name: `${by}-fixed` },
        }).map(([name, guest]) => [`${by}-${name}`, { by, ...guest }]),
    ),
);
const SWAPPED = Object.fromEntries(
    THINGS.flatMap(({ by, ports: [one, two], part }) =>
        Object.entries({
            a: { interfaces: [forward(two), reserved(mac(part, 1), address(part, 2))] },
            b: { interfaces: [forward(one), reserved(mac(part, 2), address(part, 1))] },
            p: { interfaces: [reserved(mac(part, 4), address(part, 3))] },
            q: { interfaces: [reserved(mac(part, 3), address(part, 4))] },
            d: { name: `${by}-fixed`, formerly: `${by}-c` },
        }).map(([name, guest]) => [`${by}-${name}`, { by, ...guest }]),
    ),
);
/** Without the alias the former holder goes only after the newcomer was to come. */
const NEWCOMERS = Object.fromEntries(THINGS.map(({ by }) => [`${by}-e`, { by, name: `${by}-fixed` }]));

async function reservations(): Promise<Record<string, string>> {
    const hosts = (await host.virsh("net-dumpxml", NETWORK)).matchAll(/<host mac='([^']+)' ip='([^']+)'/g);
    return Object.fromEntries([...hosts].map(([, mac, address]) => [mac!, address!]));
}

/** The reservations of all guests, where the numbers of their addresses are these. */
const reserves = (...numbers: [number, number, number, number]): Record<string, string> =>
    Object.fromEntries(
        THINGS.flatMap(({ part }) =>
            numbers.map((number, index): [string, string] => [mac(part, index + 1), address(part, number)]),
        ),
    );

async function forwardsOf(stack: Either["stack"], by: By): Promise<number[]> {
    const outputs = await stack.outputs<Record<string, { name: string }>>();
    const ports = ["a", "b"].map(async (guest) => {
        const xml = await host.virsh("dumpxml", outputs[`${by}-${guest}`]!.name);
        return Number(/hostfwd=tcp:127\.0\.0\.1:(\d+)-/.exec(xml)![1]);
    });
    return Promise.all(ports);
}

test("two guests swap their ports, reserved addresses or MACs in one pulumi up, and a renamed one keeps its fixed name by its alias: by both providers", async () => {
    await Either.with(host, "swap", async (either) => {
        const { stack } = either;
        await either.declare("dynamic", ALL);
        await stack.up();
        for (const { by, ports } of THINGS) expect([by, await forwardsOf(stack, by)]).toEqual([by, ports]);
        expect(await reservations()).toEqual(reserves(1, 2, 3, 4));
        const fixed = await Promise.all(THINGS.map(({ by }) => host.guestProcess(`${by}-fixed`)));

        await either.declare("dynamic", SWAPPED);
        await stack.up();
        for (const { by, ports } of THINGS)
            expect([by, await forwardsOf(stack, by)]).toEqual([by, [...ports].reverse()]);
        expect(await reservations()).toEqual(reserves(2, 1, 4, 3));
        expect((await host.virsh("list", "--name")).split("\n").filter(Boolean)).toHaveLength(10);
        expect(await Promise.all(THINGS.map(({ by }) => host.guestProcess(`${by}-fixed`)))).toEqual(fixed);
        expect(Object.keys((await stack.up()).changes)).toEqual(["same"]);

        // The error names the holder, and what to write.
        await either.declare("dynamic", NEWCOMERS);
        const { text } = await stack.up({ fails: true, args: ["--continue-on-error"] });
        for (const { by } of THINGS)
            expect(text).toMatch(new RegExp(`it is "${by}-d" of this stack[^]*aliases: \\[\\{ name: "${by}-d" \\}\\]`));
        await stack.destroy();
    });
    expect(await host.virsh("list", "--all", "--name")).toBe("");
    expect(await reservations()).toEqual({});
});
