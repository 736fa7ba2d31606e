import fc from "fast-check";
import { partsOf } from "../../../model";
import { endpointsOf, expandFleet, type FleetDeclaration, MAX_REPLICAS, type Values } from "../../../model/declared";

const TEMPLATE = { platform: "kvm", kernel: "bin/nginx" };
const forward = (...hosts: (number | undefined)[]) => ({
    attach: { user: { forward: hosts.map((host) => ({ ...(host ? { host } : {}), guest: 80 })) } },
});

function expanded(declaration: FleetDeclaration) {
    const { members, problems } = expandFleet("web", { replicas: 1, template: TEMPLATE, ...declaration });
    expect(problems).toEqual([]);
    return members;
}
const argumentsOf = (declaration: FleetDeclaration) => expanded(declaration).map(({ unikernel }) => unikernel);
const hostsOf = (declaration: FleetDeclaration) =>
    expanded(declaration).map(({ interfaces }) =>
        interfaces.map(({ args }) => (args as ReturnType<typeof forward>).attach.user.forward.map(({ host }) => host)),
    );
const problemsOf = (declaration: FleetDeclaration) =>
    expandFleet("web", { replicas: 2, template: TEMPLATE, ...declaration }).problems.map(
        ({ property, reason }) => `${property}: ${reason}`,
    );

test.each<[string, string]>([
    ["plain", "plain"],
    ["", ""],
    ["${index}", "1"],
    ["${name}", "web-1"],
    ["${name}/${index}${index}.iso", "web-1/11.iso"],
    ["$${index}", "${index}"],
    ["$$${index}", "$1"],
    ["$$$${index}", "$${index}"],
    ["$${${index}}", "${1}"],
    ["$HOME $index {index} $ $$ } {", "$HOME $index {index} $ $$ } {"],
    ['printf %s "$GREETING" | sed "s/^a$/b/"', 'printf %s "$GREETING" | sed "s/^a$/b/"'],
])("the text %j is %j in the second member", (text, wanted) => {
    const [, second] = argumentsOf({ replicas: 2, template: { ...TEMPLATE, hostname: text } });
    expect(second!.hostname).toBe(wanted);
});

test.each<[string, RegExp]>([
    [
        "${indx}",
        /^template\.env\.A: found \$\{indx\}, which does not exist; expected \$\{index\} or \$\{name\}; write \$\$\{ where/,
    ],
    ["${ index }", /found \$\{ index \}, which does not exist/],
    ["${}", /found \$\{\}, which does not exist/],
    ["${index", /found "\$\{" without a name and "\}"/],
    ["${a${index}}", /found "\$\{" without a name/],
    ["${host}", /found \$\{host\}, which only members of a fleet with `hosts` have/],
    ["$$${nope}", /found \$\{nope\}/],
])("the text %j is refused, once for all members", (text, reason) => {
    const found = problemsOf({ template: { ...TEMPLATE, env: { A: text } } });
    expect(found).toEqual([expect.stringMatching(reason)]);
});

test("texts are expanded at any depth, and nothing else is", () => {
    const template = {
        ...TEMPLATE,
        memory: 64,
        autostart: true,
        args: ["--id", "${index}"],
        env: { ID: "${index}", "${name}": "keys stay" },
        blocks: [{ path: "./${name}.img", mount: "/data" }],
        readiness: { http: { port: 80, path: "/${index}" } },
    };
    expect(argumentsOf({ template })).toEqual([
        {
            ...template,
            args: ["--id", "0"],
            env: { ID: "0", "${name}": "keys stay" },
            blocks: [{ path: "./web-0.img", mount: "/data" }],
            readiness: { http: { port: 80, path: "/0" } },
        },
    ]);
});

test("members have the fleet's name and their index, and the first interface the member's name", () => {
    const members = expanded({
        replicas: 2,
        template: { ...TEMPLATE, interfaces: [{}, { mac: "52:54:00:00:00:0${index}" }] },
    });
    expect(members.map(({ index, name, interfaces }) => ({ index, name, interfaces }))).toEqual([
        {
            index: 0,
            name: "web-0",
            interfaces: [
                { name: "web-0", args: {} },
                { name: "web-0-eth1", args: { mac: "52:54:00:00:00:00" } },
            ],
        },
        {
            index: 1,
            name: "web-1",
            interfaces: [
                { name: "web-1", args: {} },
                { name: "web-1-eth1", args: { mac: "52:54:00:00:00:01" } },
            ],
        },
    ]);
});

test.each<[string, object, object, object]>([
    ["a value", { memory: 64 }, { memory: 128 }, { memory: 128 }],
    ["a value that the template has not", {}, { memory: 128 }, { memory: 128 }],
    ["nothing", { memory: 64 }, { memory: undefined, vcpus: null }, { memory: 64 }],
    [
        "variables, one by one",
        { env: { A: "1", B: "2" } },
        { env: { B: "3", C: "${index}" } },
        { env: { A: "1", B: "3", C: "1" } },
    ],
    ["variables of a template without any", {}, { env: { A: "1" } }, { env: { A: "1" } }],
    ["a list as a whole", { args: ["a", "b"] }, { args: ["c"] }, { args: ["c"] }],
    [
        "an object as a whole",
        { readiness: { http: { port: 80 } } },
        { readiness: { tcp: { port: 81 } } },
        { readiness: { tcp: { port: 81 } } },
    ],
])("an override gives %s", (_, template, override, wanted) => {
    const [first, second] = argumentsOf({
        replicas: 2,
        template: { ...TEMPLATE, ...template },
        members: { "1": override },
    });
    expect(first).toEqual({ ...TEMPLATE, ...template });
    expect(second).toEqual({ ...TEMPLATE, ...wanted });
});

test("an override's interfaces are instead of the template's", () => {
    const template = { ...TEMPLATE, interfaces: [{ attach: { network: "default" } }, {}] };
    const members = { "0": { interfaces: [{ attach: { bridge: "br${index}" } }] } };
    expect(expanded({ template, members })[0]!.interfaces).toEqual([
        { name: "web-0", args: { attach: { bridge: "br0" } } },
    ]);
});

test.each<[string, FleetDeclaration, (number | undefined)[][][]]>([
    ["no numbering", { replicas: 2, template: { interfaces: [forward(undefined)] } }, [[[undefined]], [[undefined]]]],
    [
        "one port each",
        { replicas: 3, template: { interfaces: [forward(undefined)] }, ports: { from: 8080 } },
        [[[8080]], [[8081]], [[8082]]],
    ],
    [
        "several, over two interfaces, and one that has its own",
        {
            replicas: 2,
            template: { interfaces: [forward(undefined, 9000), forward(undefined)] },
            ports: { from: 8080 },
        },
        [
            [[8080, 9000], [8081]],
            [[8082, 9000], [8083]],
        ],
    ],
    [
        "an override with fewer, which shifts no other member",
        {
            replicas: 3,
            template: { interfaces: [forward(undefined, undefined)] },
            ports: { from: 80 },
            members: { "1": { interfaces: [forward(undefined)] } },
        },
        [[[80, 81]], [[82]], [[84, 85]]],
    ],
    [
        "up to the highest port",
        { replicas: 2, template: { interfaces: [forward(undefined)] }, ports: { from: 65534 } },
        [[[65534]], [[65535]]],
    ],
])("host ports: %s", (_, declaration, hosts) => {
    expect(hostsOf(declaration)).toEqual(hosts);
});

test.each<[string, FleetDeclaration, RegExp[]]>([
    ["half a member", { replicas: 1.5 }, [/^replicas: found 1\.5; expected a whole number from 0 to 1000$/]],
    ["less than no members", { replicas: -1 }, [/^replicas: found -1/]],
    [
        "too many members",
        { replicas: 10_000 },
        [/^replicas: found 10000; expected a whole number from 0 to 1000; declare several fleets/],
    ],
    ["a number as text", { replicas: "3" }, [/^replicas: found a text/]],
    ["no number", { replicas: undefined }, [/^replicas: found nothing/]],
    ["no template", { template: undefined }, [/^template: found nothing; expected arguments of a Unikernel$/]],
    ["a list as template", { template: [] }, [/^template: found a list/]],
    ["an unknown argument of the fleet", { replica: 3 } as FleetDeclaration, [/^replica: unknown property$/]],
    ["a budget of nothing", { maxUnavailable: 0 }, [/^maxUnavailable: found 0; expected a whole number from 1$/]],
    [
        "an override for a member that is not",
        { members: { "2": {} } },
        [/^members\["2"\]: found no member of this index; expected 0 to 1; remove it, or raise replicas$/],
    ],
    [
        "an override of an empty fleet",
        { replicas: 0, members: { "0": {} } },
        [/expected none, since the fleet has no members/],
    ],
    ["an index in other words", { members: { "01": {}, first: {} } }, [/members\["01"\]/, /members\["first"\]/]],
    ["an override that is a text", { members: { "0": "big" } }, [/^members\["0"\]: found a text; expected an object/]],
    ["overrides as a list", { members: [{}] }, [/^members: found a list; expected overrides by index/]],
    [
        "interfaces that are no list",
        { template: { interfaces: {} } },
        [/^template\.interfaces: found an object; expected a list$/],
    ],
    [
        "an interface that is a text",
        { template: { interfaces: ["eth0"] } },
        [/^template\.interfaces\[0\]: found a text; expected the arguments of a NetworkInterface/],
    ],
    [
        "an interface of an override",
        { members: { "1": { interfaces: [1] } } },
        [/^members\["1"\]\.interfaces\[0\]: found 1/],
    ],
    ["ports without a forward", { ports: { from: 8080 } }, [/^ports: found no forward without `host`/]],
    ["ports that are a number", { ports: 8080 }, [/^ports: found 8080; expected \{ from: 8080 \}$/]],
    ["ports from nowhere", { ports: { from: 0 } }, [/^ports\.from: found 0; expected a port/]],
    [
        "another word in ports",
        { template: { interfaces: [forward(undefined)] }, ports: { from: 80, to: 90 } },
        [/^ports\.to: unknown property; expected from$/],
    ],
    [
        "ports beyond the last",
        { template: { interfaces: [forward(undefined)] }, ports: { from: 65535 } },
        [/^ports\.from: found ports up to 65536 for 2 members/],
    ],
    [
        "an override with more forwards than ports are counted by",
        {
            template: { interfaces: [forward(undefined)] },
            ports: { from: 80 },
            members: { "0": { interfaces: [forward(undefined, undefined)] } },
        },
        [/^members\["0"\]\.interfaces: found 2 forwards without `host`; expected at most 1/],
    ],
])("refused: %s", (_, declaration, reasons) => {
    expect(problemsOf(declaration)).toEqual(reasons.map((reason) => expect.stringMatching(reason) as string));
});

test("a fleet without members is one, and so is the largest", () => {
    expect(expanded({ replicas: 0 })).toEqual([]);
    expect(expanded({ replicas: MAX_REPLICAS })).toHaveLength(MAX_REPLICAS);
});

/** Values that are wrapped, as Outputs are. */
class Later {
    constructor(readonly inner: unknown) {}
}
const LATER: Values = {
    isLater: (value) => value instanceof Later,
    isWhole: (value) => value instanceof Date,
    form: (values, form) => new Later(form(values.map((value) => (value instanceof Later ? value.inner : value)))),
};
const later = (declaration: FleetDeclaration) =>
    expandFleet("web", { replicas: 1, template: TEMPLATE, ...declaration }, LATER);

test("later values stay wrapped each for itself, and resources are not entered", () => {
    const resource = new Date(0);
    const { members, problems } = later({
        template: { ...TEMPLATE, env: { A: new Later("${name}"), B: "${name}" }, blocks: [{ image: resource }] },
        members: { "0": { env: { C: new Later("1") } } },
    });
    expect(problems).toEqual([]);
    expect(members[0]!.unikernel).toEqual({
        ...TEMPLATE,
        env: { A: new Later("web-0"), B: "web-0", C: new Later("1") },
        blocks: [{ image: resource }],
    });
});

test("variables as a whole later value are joined when they are known", () => {
    const { members } = later({
        template: { ...TEMPLATE, env: new Later({ A: "${index}", B: "1" }) },
        members: { "0": { env: { B: "2" } } },
    });
    expect(members[0]!.unikernel.env).toEqual(new Later({ A: "0", B: "2" }));
});

test("a placeholder within a secret is refused without the text", () => {
    const act = () => later({ template: { ...TEMPLATE, env: { A: new Later("${hunter2}") } } });
    expect(act).toThrow(/template\.env\.A: found a placeholder that does not exist/);
    expect(act).not.toThrow(/hunter2/);
});

test.each<[string, FleetDeclaration, RegExp]>([
    ["the number", { replicas: new Later(3) }, /^replicas: found a value that is secret, or not known before the run/],
    ["the template", { template: new Later(TEMPLATE) }, /^template: found a value that is secret/],
    ["the overrides", { members: new Later({}) }, /^members: found a value that is secret/],
    ["one override", { members: { "0": new Later({}) } }, /^members\["0"\]: found a value/],
    ["the interfaces", { template: { interfaces: new Later([]) } }, /^template\.interfaces: found a value/],
    [
        "an interface that is a resource",
        { template: { interfaces: [new Date(0)] } },
        /^template\.interfaces\[0\]: found a resource or an asset/,
    ],
    [
        "what ports have to count",
        { template: { interfaces: [{ attach: new Later(forward(undefined).attach) }] }, ports: { from: 80 } },
        /^template\.interfaces\[0\]\.attach: .*since `ports` numbers its forwards/,
    ],
])("plain data is required for %s", (_, declaration, reason) => {
    expect(later(declaration).problems.map(({ property, reason }) => `${property}: ${reason}`)).toEqual([
        expect.stringMatching(reason),
    ]);
});

test("endpoints: forwarded ports, and the port of readiness at an address of the guest's own", () => {
    const user = { user: { forward: [{ host: 8080, guest: 80, address: "127.0.0.1", protocol: "tcp" as const }] } };
    const network = { network: "default" };
    expect(endpointsOf([user, network], ["127.0.0.1", "192.168.122.9"], { http: { port: 80 } })).toEqual([
        { address: "127.0.0.1", port: 8080, guest: 80, protocol: "tcp" },
        { address: "192.168.122.9", port: 80, guest: 80, protocol: "tcp" },
    ]);
    expect(endpointsOf([network, network, undefined], ["", "192.168.122.9"], { tcp: { port: 22 } })).toEqual([
        { address: "192.168.122.9", port: 22, guest: 22, protocol: "tcp" },
    ]);
    expect(endpointsOf([network], ["192.168.122.9"])).toEqual([]);
});

const HOSTS = [
    { name: "a", connection: "qemu+ssh://10.0.0.2/system" },
    { connection: "qemu+ssh://10.0.0.3/system", weight: 2 },
];

test("each member has the fleet's hosts; one that is pinned has that host alone, with its name in the list", () => {
    const members = {
        "1": { connection: "qemu+ssh://10.0.0.2/system" },
        "2": { connection: "qemu+ssh://elsewhere/system", memory: 32 },
    };
    const found = argumentsOf({ replicas: 4, hosts: HOSTS, members });
    expect(found.map(({ hosts }) => hosts)).toEqual([
        HOSTS,
        [HOSTS[0]],
        [{ connection: "qemu+ssh://elsewhere/system" }],
        HOSTS,
    ]);
    for (const one of found) expect(one).not.toHaveProperty("connection");
    expect(argumentsOf({ replicas: 1 })[0]).not.toHaveProperty("hosts");
});

test.each<[string, FleetDeclaration, RegExp[]]>([
    [
        "hosts in the template",
        { template: { ...TEMPLATE, hosts: HOSTS } },
        [/^template\.hosts: .*write `hosts` beside `template`/],
    ],
    [
        "hosts of an override",
        { members: { "1": { hosts: HOSTS } } },
        [/^members\["1"\]\.hosts: .*pins one member by `connection`/],
    ],
    [
        "a connection in the template beside hosts",
        { hosts: HOSTS, template: { ...TEMPLATE, connection: "qemu:///system" } },
        [/^template\.connection: found it beside `hosts` of the fleet/],
    ],
])("%s are refused, once", (_, declaration, reasons) => {
    expect(problemsOf(declaration)).toEqual(reasons.map((reason) => expect.stringMatching(reason)));
});

test("hosts that are known only later are handed on as they are", () => {
    const later = { later: true };
    const values: Values = {
        isLater: (value) => value === later,
        isWhole: () => false,
        form: (parts, form) => form(parts),
    };
    const { members, problems } = expandFleet("web", { replicas: 1, template: TEMPLATE, hosts: later }, values);
    expect(problems).toEqual([]);
    expect(members[0]!.unikernel.hosts).toBe(later);
});

const argsOf = (text: string, name = "web") => {
    const template = { ...TEMPLATE, args: [text] };
    const { members, problems } = expandFleet(name, { replicas: 2, template, hosts: HOSTS });
    expect(problems).toEqual([]);
    return (members[1]!.unikernel.args as string[])[0]!;
};
/** As the guest's check does it. */
const atHost = (text: string) =>
    partsOf(text)
        .map((part) => (typeof part === "string" ? part : part.name === "host" ? "far" : fail(part.written)))
        .join("");
const fail = (text: string): never => {
    throw new Error(`${text} is no placeholder of a guest`);
};

test.each<[string, string, string]>([
    ["${name} on ${host}", "web-1 on ${host}", "web-1 on far"],
    ["$${host}", "$${host}", "${host}"],
    ["$$${host}", "$$${host}", "$far"],
    ["$${${host}}", "$${${host}}", "${far}"],
    ["$${${index}}", "$${1}", "${1}"],
    ["$$$${index}$", "$$$${index}$", "$${index}$"],
    ["$HOME {host}", "$HOME {host}", "$HOME {host}"],
])("in a fleet with hosts, the text %j is handed on as %j and read as %j", (text, handed, read) => {
    expect(argsOf(text)).toBe(handed);
    expect(atHost(handed)).toBe(read);
});

test("what is handed on reads as if all were replaced at once, whatever the fleet is called", () => {
    const word = fc.constantFrom("$", "$$", "{", "}", "${host}", "${index}", "${name}", "$${", "x", "host}");
    fc.assert(
        fc.property(
            fc.array(word, { maxLength: 12 }),
            fc.constantFrom("web", "${host}", "a$", "{host}", "$"),
            (words, name) => {
                const text = words.join("");
                const parts = partsOf(text);
                const known: Record<string, string> = { host: "far", index: "1", name: `${name}-1` };
                fc.pre(parts.every((part) => typeof part === "string" || known[part.name ?? ""] !== undefined));
                const atOnce = parts.map((part) => (typeof part === "string" ? part : known[part.name!])).join("");
                expect(atHost(argsOf(text, name))).toBe(atOnce);
            },
        ),
        { numRuns: 500 },
    );
});

test.each([
    ["kernel", { kernel: "bin/${host}" }],
    ["interfaces[0].driver", { interfaces: [{ driver: "${host}" }] }],
    ["blocks[0].path", { blocks: [{ path: "${host}.img" }] }],
])("${host} is refused in %s, with the arguments that can have it", (at, more) => {
    expect(problemsOf({ hosts: HOSTS, template: { ...TEMPLATE, ...more } })).toEqual([
        `template.${at}: found \${host}, which only args, description, env, hostname, name, readiness can have, since the host is chosen when the rest is known`,
    ]);
});

test("each member of a fleet has a name in the network of its template, and an override may give another", () => {
    const template = {
        ...TEMPLATE,
        interfaces: [
            {
                attach: { network: "lan" },
                ipv4: { address: "10.20.0.1${index}/24", name: "${name}" },
                ipv6: { address: "fd00:20::1${index}/64", name: "${name}" },
            },
        ],
    };
    const shop = [{ attach: { network: "lan" }, ipv4: { reserve: "10.20.0.12", name: "shop-${index}" } }];
    const members = expanded({ replicas: 3, template, members: { "2": { interfaces: shop } } });
    expect(members.map(({ interfaces }) => interfaces.map(({ args }) => args))).toEqual([
        ...[0, 1].map((index) => [
            {
                attach: { network: "lan" },
                ipv4: { address: `10.20.0.1${index}/24`, name: `web-${index}` },
                ipv6: { address: `fd00:20::1${index}/64`, name: `web-${index}` },
            },
        ]),
        [{ attach: { network: "lan" }, ipv4: { reserve: "10.20.0.12", name: "shop-2" } }],
    ]);
});
