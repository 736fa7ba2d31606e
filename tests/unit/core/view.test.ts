import type { Backends, ListedGuest } from "../../../backends";
import { secondsSince } from "../../../cli/duration";
import { findGuest, guestsOfStack, readOutput, showGuests } from "../../../core/commands";
import { UnikernelError } from "../../../model";

const uuidOf = (number: number): string => `6f1c2a4e-0b7d-4f0e-9a52-6d8f6f0f3c${number}`;
const urnOf = (name: string, stack = "dev", type = "unikernel:index:Unikernel"): string =>
    `urn:pulumi:${stack}::shop::${type}::${name}`;
const listed = (number: number, options: Partial<ListedGuest> = {}): ListedGuest => ({
    uuid: uuidOf(number),
    name: `web-${number}`,
    state: "running",
    memory: 64,
    ipAddresses: [""],
    mark: { urn: urnOf(`web${number}`), phase: "ready", since: "2026-11-28T10:00:00Z" },
    ...options,
});
const inState = (number: number, values: object = {}, more: object = {}) => ({
    urn: urnOf(`web${number}`),
    id: uuidOf(number),
    modified: "2026-11-28T11:00:00Z",
    inputs: { name: `web-${number}`, connection: "qemu+tcp://a/system", consequence: "restart: args", ...values },
    outputs: { uuid: uuidOf(number), ipAddresses: ["10.0.0.9"], memory: 64 },
    ...more,
});
const exported = (...resources: object[]): string => JSON.stringify({ version: 3, deployment: { resources } });

/** Backends of hosts that answer, by connection; any other host is unreachable. */
function services(hosts: Record<string, ListedGuest[]>): { backends: Backends } {
    const answer = <T>(connection: string, work: (guests: ListedGuest[]) => T): T => {
        const guests = hosts[connection];
        if (!guests) throw new UnikernelError("unreachable", `${connection} does not answer`);
        return work(guests);
    };
    const kvm = {
        platform: "kvm",
        leadsTo: () => true,
        folder: () => undefined,
        domainUrn: async () => undefined,
        consoleTail: async () => "",
        listGuests: async (connection: string) =>
            answer(connection, (guests) => ({ hostname: `host of ${connection}`, guests })),
        describeGuest: async (connection: string, target: { uuid?: string; name?: string }) =>
            answer(connection, (guests) => {
                const found = guests.find(({ uuid, name }) => uuid === target.uuid || name === target.name);
                return found && { ...found, urn: found.mark?.urn };
            }),
        guestOutput: async () => undefined,
        watchGuests: async () => undefined,
    };
    return { backends: { kvm } as unknown as Backends };
}
const [a, b] = ["qemu+tcp://a/system", "qemu+tcp://b/system"];

test("the state of a stack: its guests without media, each once, and no secret", () => {
    const secret = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext: "v1:x" };
    const { owner, guests } = guestsOfStack(
        exported(
            { urn: urnOf("shop-dev", "dev", "pulumi:pulumi:Stack") },
            inState(10),
            inState(10, { connection: secret }),
            inState(11, { platform: "iso" }),
            { ...inState(12), urn: urnOf("image", "dev", "unikernel:index:BlockImage") },
        ),
        "it",
    );
    expect(owner).toEqual({ project: "shop", stack: "dev" });
    expect(guests).toEqual([
        {
            urn: urnOf("web10"),
            uuid: uuidOf(10),
            name: "web-10",
            connection: undefined,
            ipAddresses: ["10.0.0.9"],
            memory: 64,
            modified: "2026-11-28T11:00:00Z",
            consequence: "restart: args",
        },
    ]);
    for (const text of ["{}", "[]", "{"])
        expect(() => guestsOfStack(text, "the export")).toThrow("the export is not what pulumi stack export writes");
});

test("a stack's guests on all hosts: those of other stacks are left out; a silent host hides none", async () => {
    const stack = guestsOfStack(exported(inState(10), inState(11), inState(12, { connection: b })), "it");
    const world = services({
        [a]: [
            listed(10),
            listed(20, { mark: { urn: urnOf("other", "prod"), phase: "ready", since: "" } }),
            // It was created, and the run was killed before state had it.
            listed(21, { mark: { urn: urnOf("web21"), phase: "creating", since: "2026-11-28T10:00:00Z" } }),
        ],
    });
    const { hosts, guests } = await showGuests([], stack, world);
    expect(hosts).toEqual([
        { connection: a, hostname: `host of ${a}` },
        { connection: b, error: `${b} does not answer` },
    ]);
    expect(guests).toMatchObject([
        {
            name: "web-10",
            resource: "web10",
            state: "running",
            // The host knows none: a static address stands in the declaration.
            ipAddresses: ["10.0.0.9"],
            lastChange: { at: "2026-11-28T11:00:00Z", consequence: "restart: args" },
        },
        { name: "web-21", lastChange: { at: "2026-11-28T10:00:00Z", unfinished: "creating" } },
        { name: "web-11", connection: a, state: "missing" },
        { name: "web-12", connection: b, state: "unknown" },
    ]);
});

test("a host that libvirt alone reaches is asked by the sshTarget that the stack's state has", async () => {
    const stack = guestsOfStack(
        exported(inState(10), inState(11, { sshTarget: "root@a" }), inState(12, { connection: b })),
        "it",
    );
    const world = services({ [a]: [listed(10), listed(11)], [b]: [listed(12)] });
    const asked: unknown[] = [];
    const { listGuests } = world.backends.kvm as unknown as { listGuests(uri: string): Promise<unknown> };
    Object.assign(world.backends.kvm!, {
        listGuests: (uri: string, sshTarget?: string) => {
            asked.push([uri, sshTarget]);
            return listGuests(uri);
        },
        guestOutput: async (uri: string, guest: object) => {
            asked.push([uri, guest]);
            return undefined;
        },
    });
    await showGuests([], stack, world);
    const found = await findGuest("web11", { connections: [], stack }, undefined, world);
    await readOutput(found, {}, { text: () => {}, lost: () => {} }, world);
    expect(asked).toEqual([
        [a, "root@a"],
        [b, undefined],
        [a, { uuid: uuidOf(11), name: "web-11", sshTarget: "root@a" }],
    ]);
});

test("two connections to one host: a guest in state is shown at its own", async () => {
    const stack = guestsOfStack(exported(inState(10)), "it");
    const { guests } = await showGuests([b], stack, services({ [a]: [listed(10)], [b]: [listed(10)] }));
    expect(guests.map(({ connection }) => connection)).toEqual([a]);
});

test("a guest whose connection is a secret is found on a host that is given, and is said where none is", async () => {
    const stack = guestsOfStack(exported(inState(10, { connection: { ciphertext: "v1:x" } })), "it");
    const world = services({ [a]: [listed(10)] });
    expect((await showGuests([a], stack, world)).guests).toMatchObject([{ connection: a, state: "running" }]);
    expect((await showGuests([], stack, world)).guests).toMatchObject([
        { state: "unknown", problem: expect.stringContaining("--connection") as string },
    ]);
});

test("without a stack, all guests with our mark", async () => {
    const { guests } = await showGuests([a], undefined, services({ [a]: [listed(10), listed(11)] }));
    expect(guests.map(({ name }) => name)).toEqual(["web-10", "web-11"]);
});

describe("a guest is found", () => {
    const world = services({ [a]: [listed(10), listed(11, { mark: undefined })], [b]: [listed(12), listed(10)] });
    const stack = guestsOfStack(exported(inState(10)), "it");
    test.each<[string, string, Parameters<typeof findGuest>[1], object]>([
        ["by name", "web-12", { connections: [a, b] }, { connection: b, uuid: uuidOf(12) }],
        ["by uuid", uuidOf(12), { connections: [a, b] }, { connection: b, name: "web-12" }],
        ["by its name in the program", "web10", { connections: [], stack }, { connection: a, uuid: uuidOf(10) }],
    ])("%s", async (_how, word, places, found) =>
        expect(await findGuest(word, places, undefined, world)).toMatchObject(found),
    );
    test.each<[string, string, Parameters<typeof findGuest>[1], string]>([
        ["that two hosts have", "web-10", { connections: [a, b] }, "names guests on"],
        ["that is not there", "web-99", { connections: [a, b] }, "there is no guest web-99"],
        ["that is another program's", "web-11", { connections: [a] }, "has no mark of a Unikernel"],
        ["that the stack has not", "web-12", { connections: [], stack }, "it has web-10"],
        ["on a host that is silent", "web-12", { connections: ["qemu+tcp://c/system"] }, "does not answer"],
    ])("but not one %s", async (_why, word, places, said) =>
        expect(findGuest(word, places, undefined, world)).rejects.toThrow(said),
    );
    test("on one host while another is silent, which is said", async () => {
        const said: string[] = [];
        const found = await findGuest(
            "web-12",
            { connections: [b, "qemu+tcp://c/system"] },
            ({ message }) => said.push(message),
            world,
        );
        expect(found.connection).toBe(b);
        expect(said).toEqual(["qemu+tcp://c/system does not answer"]);
    });
});

describe("output", () => {
    const found = { connection: a, uuid: uuidOf(10), name: "web-10" };
    /** Read pieces, of which each is shown as it is returned. */
    async function shown(pieces: (string | Buffer)[], follow = false): Promise<{ text: string[]; ended: string }> {
        const text: string[] = [];
        const world = services({ [a]: [listed(10)] });
        const ending = new AbortController();
        (world.backends.kvm as unknown as { guestOutput: unknown }).guestOutput = async () => ({
            next: async () => {
                const piece = pieces.shift();
                if (piece === undefined && follow) ending.abort();
                return { bytes: Buffer.from(piece ?? "") };
            },
        });
        const sink = { text: (one: string) => void text.push(one), lost: () => text.push("(lost)") };
        const ended = await readOutput(found, { follow, signal: ending.signal }, sink, world);
        return { text, ended };
    }
    test("is shown by whole lines, without control sequences, however it is cut", async () => {
        const bytes = Buffer.from("\u001b[32mgrün\u001b[0m ok\r\nnext\u0007\nend");
        for (let cut = 0; cut <= bytes.length; cut++) {
            const pieces = [bytes.subarray(0, cut), bytes.subarray(cut)].filter(({ length }) => length > 0);
            expect((await shown(pieces)).text.join("")).toBe("grün ok\nnext\ufffd\nend");
        }
    });
    test("that is followed goes on until the signal, and a line that waits is shown", async () => {
        expect(await shown(["login: ", "", "root\n"], true)).toEqual({ text: ["login: ", "root\n"], ended: "ended" });
    });
    test("a line without end is shown in parts, so that none is kept without bounds", async () => {
        const { text } = await shown(Array.from({ length: 20 }, () => "x".repeat(50_000)));
        expect(text.join("")).toHaveLength(1_000_000);
        for (const part of text) expect(part.length).toBeLessThanOrEqual(128 * 1024);
    });
    test("that no program stores is said", async () => {
        const ended = await readOutput(found, {}, { text: () => {}, lost: () => {} }, services({ [a]: [listed(10)] }));
        expect(ended).toBe("not stored");
    });
});

test.each<[string, number]>([
    ["90s", 90],
    ["10m", 600],
    ["2h", 7200],
    ["3d", 259_200],
    ["2026-11-28T11:00:00Z", 3600],
    ["2026-11-28T13:00:00Z", 0],
])("--since %s is %d seconds", (text, seconds) =>
    expect(secondsSince(text, Date.parse("2026-11-28T12:00:00Z"))).toBe(seconds),
);
test.each(["", "10", "-1h", "yesterday", "2026-13-01", "1e9s"])("--since %j is refused", (text) =>
    expect(() => secondsSince(text)).toThrow("is no time"),
);
