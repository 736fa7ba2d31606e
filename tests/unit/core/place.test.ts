import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createBackends } from "../../../backends";
import { MemoryHost } from "../../../bench/memoryHost";
import { UNKNOWN } from "../../../core/handlers";
import { forgetRun } from "../../../core/identityOwners";
import { unikernelHandlers } from "../../../core/unikernel";
import { forgetClaims } from "../../../core/unikernel/check/claims";
import { forgetChecks } from "../../../core/unikernel/diff/replacing";
import { forgetPlaces } from "../../../core/unikernel/place";
import { probeKernel } from "../../../guests";
import { UnikernelError } from "../../../model";
import { namedHosts, placedBy, rankHosts } from "../../../model/hosts";
import { bzImage } from "./kernels";

const folder = mkdtempSync(join(tmpdir(), "pulumi-unikernel-place-"));
const kernel = join(folder, "kernel");
writeFileSync(kernel, probeKernel());
afterAll(() => rmSync(folder, { recursive: true }));

interface Machine {
    uuid?: string;
    hostname?: string;
    memory?: number;
    silent?: boolean;
}
type Values = Record<string, unknown>;

const uri = (name: string) => `qemu+tcp://${name}/system`;

/** A run of the engine over hosts in memory. Each stays what it is in the runs that follow. */
class Program {
    readonly said: string[] = [];
    readonly opened: string[] = [];
    private readonly hosts = new Map<string, MemoryHost>();
    private handlers = this.start();

    constructor(readonly machines: Record<string, Machine>) {}

    host(name: string): MemoryHost {
        const {
            uuid = `0000000${name.charCodeAt(0)}`.slice(-8),
            hostname = name,
            memory = 4096,
        } = this.machines[name] ?? {};
        const found = this.hosts.get(name) ?? new MemoryHost(uri(name), { uuid, hostname, memory });
        this.hosts.set(name, found);
        return found;
    }

    /** Begin another run of the engine: another process. */
    again(more: Record<string, Machine> = {}): void {
        Object.assign(this.machines, more);
        this.handlers = this.start();
        this.said.length = 0;
    }

    check(name: string, args: Values, olds: Values = {}) {
        const news = { resourceUrn: urn(name), platform: "kvm", kernel, guest: "raw", memory: 64, ...args };
        return this.handlers.check({ ...olds }, news);
    }

    async checked(name: string, args: Values, olds: Values = {}): Promise<Values> {
        const { inputs, failures } = await this.check(name, args, olds);
        expect(failures).toEqual([]);
        return inputs;
    }

    async refused(name: string, args: Values, olds: Values = {}): Promise<string[]> {
        const { failures } = await this.check(name, args, olds);
        return failures.map(({ property, reason }) => `${property}: ${reason}`);
    }

    readonly diff = (olds: Values, news: Values) => this.handlers.diff("id", olds, news);
    readonly read = (props: Values) => this.handlers.read("id", props);

    readonly create = (inputs: Values) => this.handlers.create(inputs);
    readonly delete = (props: Values) => this.handlers.delete("id", props);

    private start() {
        forgetClaims();
        forgetChecks();
        forgetPlaces();
        forgetRun();
        const backends = createBackends(async (connection) => {
            this.opened.push(connection);
            const name = /\/\/([^/]+)/.exec(connection)![1]!;
            if (this.machines[name] === undefined || this.machines[name].silent)
                throw new UnikernelError("unreachable", `libvirt at ${connection} did not answer within 30 s (facts)`);
            return this.host(name);
        });
        return unikernelHandlers({
            backend: (platform) => backends[platform]!,
            creator: { user: "alice", machine: "wonderland", project: "p" },
            log: (message) => this.said.push(message),
        });
    }
}

const urn = (name: string) => `urn:pulumi:dev::shop::unikernel:index:Unikernel::${name}`;
const listed = (...names: string[]) => names.map((name) => ({ name, connection: uri(name) }));
/** The host that a guest prefers, by the pure function. */
const preferred = (guest: string, ...names: string[]) =>
    rankHosts(namedHosts(listed(...names)), placedBy(urn(guest))).map(({ name }) => name);
const THREE = ["a", "b", "c"];
const all = (): Record<string, Machine> => ({ a: {}, b: {}, c: {} });

test("a new guest is placed by the pure function, and its preview names the host", async () => {
    const program = new Program(all());
    const chosen = new Set<string>();
    for (let index = 0; index < 12; index++) {
        const [host = ""] = preferred(`web-${index}`, ...THREE);
        const inputs = await program.checked(`web-${index}`, { hosts: listed(...THREE) });
        expect(inputs).toMatchObject({ connection: uri(host), consequence: `create on ${host}` });
        chosen.add(host);
    }
    expect(chosen.size).toBe(3);
    expect(program.said).toEqual([]);
});

test("a guest stays: with another host, another weight, another order, another spelling of its name's connection", async () => {
    const program = new Program({ ...all(), d: {} });
    const made = await program.checked("web-0", { hosts: listed("a", "b") });
    for (const hosts of [
        listed("a", "b", "c", "d"),
        listed("d", "c", "b", "a"),
        listed("a", "b").map((host, index) => ({ ...host, weight: index === 0 ? 1000 : 0.001 })),
        listed("a", "b").map((host, index) => ({ ...host, weight: index === 0 ? 0.001 : 1000 })),
    ]) {
        program.again();
        const kept = await program.checked("web-0", { hosts }, made);
        expect(kept).toEqual({ ...made, hosts });
        expect(await program.diff(made, kept)).toMatchObject({ changes: false });
    }
});

test("a name is a host's identity: its connection may change, and a name may change while the connection is the same", async () => {
    const program = new Program({ ...all(), "a.example": { uuid: "00000097", hostname: "a" }, elsewhere: {} });
    const made = await program.checked("web", { hosts: listed("a") });
    const respelt = [{ name: "a", connection: uri("a.example") }, ...listed("b", "c")];
    program.again();
    const kept = await program.checked("web", { hosts: respelt }, made);
    expect(kept).toMatchObject({ connection: uri("a.example"), host: made.host, consequence: "live: connection" });
    // Neither name nor connection: the same machine.
    const renamed = [...listed("b", "c"), { name: "first", connection: uri("a.example") }];
    program.again();
    expect(await program.checked("web", { hosts: renamed }, made)).toMatchObject({ connection: uri("a.example") });
    const called = [{ name: "first", connection: uri("a") }, ...listed("b", "c")];
    program.again();
    expect(await program.checked("web", { hosts: called }, made)).toMatchObject({ connection: uri("a") });
    program.again();
    expect(
        await program.refused("web", { hosts: [...listed("b"), { name: "a", connection: uri("elsewhere") }] }, made),
    ).toEqual([
        expect.stringMatching(
            /^hosts\[1\]\.connection: .*elsewhere.* leads to another machine \(elsewhere, host uuid .*\) than a \(.*\/\/a\/system\), where web-\w+ is/,
        ),
    ]);
});

test("a host is not removed from the list while the guest is on it", async () => {
    const program = new Program(all());
    const made = await program.checked("web", { hosts: listed("a") });
    program.again();
    const refused = [
        expect.stringMatching(
            /^hosts: web-\w+ is on a \(qemu\+tcp:\/\/a\/system\), which is not in the list; a guest is not moved/,
        ),
    ];
    expect(await program.refused("web", { hosts: listed("b", "c") }, made)).toEqual(refused);
    // On a replacement too, whose check has empty olds.
    expect(await program.refused("web", { hosts: listed("b", "c") })).toEqual(refused);
});

test("a guest of a connection stays where it is when its program gets a list", async () => {
    const program = new Program(all());
    const made = await program.checked("web", { connection: uri("c") });
    for (const hosts of [listed("a", "b", "c"), [{ name: "third", connection: uri("c") }]]) {
        program.again();
        expect(await program.checked("web", { hosts }, made)).toEqual({ ...made, hosts });
    }
    program.again();
    expect(await program.refused("web", { hosts: listed("a", "b") }, made)).toEqual([
        expect.stringMatching(/is on qemu\+tcp:\/\/c\/system, which is not in the list/),
    ]);
});

test.each<[string, (program: Program, made: Values) => Promise<unknown>]>([
    ["a check", (program, made) => program.checked("web", { hosts: listed("a") }, made)],
    ["a diff", (program, made) => program.diff(made, { ...made, memory: 65 })],
    ["a read", (program, made) => program.read(made)],
    ["a delete", (program, made) => program.delete(made)],
])("a replacement stays on its host, by %s of the same run", async (_, seen) => {
    // The guest prefers another host than the one that it was made on.
    const [other = ""] = preferred("web", ...THREE);
    const place = THREE.find((name) => name !== other)!;
    const program = new Program(all());
    const made = await program.checked("web", { hosts: listed(place) });
    const { outs } = await program.create(made);
    const hosts = listed(...THREE);
    program.again();
    await seen(program, place === "a" ? outs : { ...outs, hosts });
    const replacement = await program.checked("web", { hosts });
    expect(replacement).toMatchObject({ connection: uri(place), host: made.host });
});

test("a guest that is on a host already, of a create that was cut or of --target-replace, is found there", async () => {
    const [other = ""] = preferred("web", ...THREE);
    const place = THREE.find((name) => name !== other)!;
    const program = new Program(all());
    await program.create(await program.checked("web", { hosts: listed(place) }));
    program.again();
    expect(await program.checked("web", { hosts: listed(...THREE) })).toMatchObject({ connection: uri(place) });
    // Another guest is not where this one is.
    expect(await program.checked("db", { hosts: listed(...THREE) })).toMatchObject({
        connection: uri(preferred("db", ...THREE)[0]!),
    });
});

test("a host that cannot be reached takes no new guest, and the run says so; it is asked once for all guests", async () => {
    const guests = Array.from({ length: 12 }, (_, index) => `web-${index}`);
    const [gone, ...left] = ["b", "a", "c"];
    const program = new Program({ ...all(), [gone!]: { silent: true } });
    for (const guest of guests) {
        const ranked = preferred(guest, ...THREE);
        const taken = ranked.find((name) => left.includes(name))!;
        program.said.length = 0;
        const inputs = await program.checked(guest, { hosts: listed(...THREE) });
        expect(inputs).toMatchObject({ connection: uri(taken), consequence: `create on ${taken}` });
        expect(program.said).toEqual(
            ranked[0] === gone
                ? [
                      `warning: b (qemu+tcp://b/system) cannot be reached: libvirt at qemu+tcp://b/system did not answer within 30 s (facts); it is made on ${taken} instead`,
                  ]
                : [],
        );
    }
    expect(program.opened.filter((connection) => connection === uri(gone!))).toHaveLength(1);
});

test("where no host is left, each is named with its reason", async () => {
    const program = new Program({ a: { silent: true }, b: { memory: 63 }, c: { memory: 10 } });
    const [problem = ""] = await program.refused("web", { hosts: listed(...THREE) });
    expect(problem).toMatch(/^hosts: no host can take it: /);
    expect(problem).toContain("a (qemu+tcp://a/system) cannot be reached: libvirt at");
    expect(problem).toContain("b (qemu+tcp://b/system) has 63 MiB free, and the guest needs 64");
    expect(problem).toContain("c (qemu+tcp://c/system) has 10 MiB free, and the guest needs 64");
});

test("memory only excludes: what this run has given out counts, and what a guest was given counts once", async () => {
    const program = new Program({ a: { memory: 150 }, b: { memory: 100_000 } });
    const guests = Array.from({ length: 30 }, (_, index) => `web-${index}`);
    const wanting = guests.filter((guest) => preferred(guest, "a", "b")[0] === "a");
    expect(wanting.length).toBeGreaterThan(3);
    const places: unknown[] = [];
    for (const guest of [...wanting, wanting[0]!]) {
        const inputs = await program.checked(guest, { hosts: listed("a", "b") });
        places.push(inputs.connection);
    }
    expect(places).toEqual([uri("a"), uri("a"), ...wanting.slice(2).map(() => uri("b")), uri("a")]);
    expect(program.said[0]).toBe(
        "warning: a (qemu+tcp://a/system) has 150 MiB free, of which this run gives 128 to other new guests, and the guest needs 64; it is made on b instead",
    );
    // A guest that exists needs no room.
    program.again({ a: { memory: 1 } });
});

test.each([
    ["the same name for itself", "twin", /b is the same machine as hosts\[0\], host uuid 123; list it once$/],
    [
        "another name",
        "copy",
        /b has the same host uuid as hosts\[0\], 123, as copies .*; give copy a uuid of its own \(host_uuid in/,
    ],
])("two hosts of one uuid are refused, with %s", async (_, hostname, reason) => {
    const program = new Program({ a: { uuid: "123", hostname: "twin" }, b: { uuid: "123", hostname } });
    expect(await program.refused("web", { hosts: listed("a", "b") })).toEqual([
        expect.stringMatching(new RegExp(`^hosts\\[1\\]\\.connection: ${reason.source}`)),
    ]);
});

test("a list that is not known leaves a guest where it is, and a new one nowhere", async () => {
    const program = new Program(all());
    const made = await program.checked("web", { hosts: listed("a") });
    program.opened.length = 0;
    for (const hosts of [UNKNOWN, [{ name: "a", connection: UNKNOWN }, ...listed("b")]]) {
        program.again();
        expect(await program.checked("web", { hosts }, made)).toMatchObject({
            connection: uri("a"),
            consequence: "create on a",
        });
        expect(await program.checked("new", { hosts })).toMatchObject({ connection: UNKNOWN, consequence: "create" });
    }
    expect(program.opened).toEqual([]);
});

test.each<[string, Values, RegExp]>([
    ["an empty list", { hosts: [] }, /^hosts: expected at least one host/],
    ["a text", { hosts: "qemu:///system" }, /^hosts: /],
    ["hosts and a connection", { hosts: listed("a"), connection: uri("a") }, /^connection: found it beside `hosts`/],
    [
        "one connection twice",
        { hosts: [...listed("a"), { name: "z", connection: uri("a") }] },
        /^hosts\[1\]\.connection: expected a host of its own; it is also hosts\[0\]/,
    ],
    [
        "one name twice",
        { hosts: [...listed("a"), { name: "a", connection: uri("b") }] },
        /^hosts\[1\]\.name: expected a name of its own; it is also that of hosts\[0\], found "a"/,
    ],
    [
        "two hosts without a name",
        { hosts: [{ connection: "qemu:///system" }, { connection: "qemu:///session" }] },
        /^hosts\[1\]: expected a name, since without one it is called localhost, as hosts\[0\]/,
    ],
    ["a connection that is none", { hosts: [{ connection: "a" }] }, /^hosts\[0\]\.connection: expected a libvirt URI/],
    ["no connection", { hosts: [{ name: "a" }] }, /^hosts\[0\]\.connection: required; expected a libvirt URI/],
    ["an odd name", { hosts: [{ name: "a b", connection: uri("a") }] }, /^hosts\[0\]\.name: expected 1–63 of/],
    ["an unknown property", { hosts: [{ wieght: 1, connection: uri("a") }] }, /^hosts\[0\]\.wieght: unknown property/],
    ...[0, -1, NaN, Infinity, 1001, "1"].map((weight): [string, Values, RegExp] => [
        `a weight of ${weight}`,
        { hosts: [{ connection: uri("a"), weight }] },
        /^hosts\[0\]\.weight: expected a number above 0, at most 1000/,
    ]),
    ["hosts of a medium", { platform: "iso", hosts: listed("a") }, /^hosts: a medium is built where pulumi runs/],
    ["a secret list", { hosts: listed("a"), hidden: ["hosts[0].connection"] }, /^hosts: found a secret/],
])("refuses %s", async (_, args, reason) => {
    const program = new Program(all());
    expect(await program.refused("web", args)).toEqual([expect.stringMatching(reason)]);
    expect(program.opened).toEqual([]);
});

test("the chosen connection is passed back by the engine, and the environment's is not asked for", async () => {
    const program = new Program(all());
    const made = await program.checked("web", { hosts: listed("a", "b") });
    program.again();
    expect(await program.checked("web", { hosts: listed("a", "b"), connection: made.connection }, made)).toEqual(made);
    process.env.PULUMI_UNIKERNEL_CONNECTION = uri("c");
    try {
        expect(await program.checked("web", { hosts: listed("a", "b") }, made)).toEqual(made);
    } finally {
        delete process.env.PULUMI_UNIKERNEL_CONNECTION;
    }
});

test("texts of a guest with hosts name its host, and keep their secrets", async () => {
    const program = new Program(all());
    const linux = join(folder, "vmlinuz");
    writeFileSync(linux, bzImage("linux 6"));
    const texts = {
        kernel: linux,
        initrd: kernel,
        guest: "linux",
        args: ["--host", "${host}", "$${host}", "$HOME"],
        env: { WHERE: "on ${host}", PASSWORD: "pw-${host}" },
        hostname: "web-${host}",
        description: "of ${host}",
        readiness: { console: "up on ${host}" },
        secrets: ["env.PASSWORD"],
        digestKey: "",
    };
    const made = await program.checked("web", { hosts: listed("b"), ...texts });
    const read = {
        args: ["--host", "b", "${host}", "$HOME"],
        env: { WHERE: "on b", PASSWORD: "pw-b" },
        hostname: "web-b",
        description: "of b",
        readiness: { console: "up on b", timeout: 60 },
        secrets: ["env.PASSWORD"],
    };
    expect(made).toMatchObject(read);
    program.again();
    expect(await program.checked("web", { hosts: listed("a", "b", "c"), ...texts }, made)).toMatchObject({
        ...read,
        consequence: "create on b",
    });
    // The engine passes back what is in state.
    const { args, env } = made;
    expect(await program.checked("web", { hosts: listed("b"), ...texts, args, env }, made)).toEqual(made);
    // A guest with a connection has no placeholders.
    expect(await program.checked("db", { connection: uri("a"), args: ["${host}", "$${x}"] })).toMatchObject({
        args: ["${host}", "$${x}"],
    });
});

test("a text of a host that is not known is not known, and a placeholder that does not exist is refused without the text", async () => {
    const program = new Program(all());
    expect(await program.checked("web", { hosts: UNKNOWN, args: ["on ${host}", "plain"] })).toMatchObject({
        args: [UNKNOWN, "plain"],
    });
    expect(
        await program.refused("web", { hosts: listed("a"), env: { A: "hunter2 ${hos}" }, hostname: "-${host}" }),
    ).toEqual([
        "env.A: found a placeholder that does not exist; a guest with `hosts` has ${host}; write $${ where it is to read ${",
        expect.not.stringContaining("found"),
    ]);
});

test("hosts whose libvirt tells no uuid, as those of Xen, are not one machine for that", async () => {
    const machine = { uuid: "", memory: 100 };
    const program = new Program({ a: machine, b: machine });
    const both = { hosts: listed("a", "b") };
    const guests = ["web-0", "web-1", "web-2", "web-3", "web-4"].map((name) => ({
        name,
        on: preferred(name, "a", "b")[0]!,
    }));
    const [first, second] = [guests.find(({ on }) => on === "a")!, guests.find(({ on }) => on === "b")!];
    const made = await program.checked(first.name, both);
    expect(made).toMatchObject({ connection: uri("a"), host: "" });
    // Memory that was given out on one host is free on the other.
    expect(await program.checked(second.name, both)).toMatchObject({ connection: uri("b") });
    // One host has no two guests of a name.
    await program.checked("db", { connection: uri("a"), name: "db" });
    await program.checked("db-too", { connection: uri("b"), name: "db" });
    program.again();
    expect(await program.refused(first.name, { hosts: listed("b") }, made)).toEqual([
        expect.stringContaining(`is on a (${uri("a")}), which is not in the list`),
    ]);
});

test("guests on Xen hosts are placed in the same way", async () => {
    const program = new Program(all());
    const linux = join(folder, "on-xen");
    writeFileSync(linux, bzImage("linux 6"));
    const hosts = THREE.map((name) => ({ name, connection: `xen+tcp://${name}/system` }));
    const args = { platform: "xen", kernel: linux, initrd: kernel, guest: "linux", args: ["run"], hosts };
    const [host = ""] = preferred("web", ...THREE);
    expect(await program.checked("web", args)).toMatchObject({
        connection: `xen+tcp://${host}/system`,
        consequence: `create on ${host}`,
    });
});
