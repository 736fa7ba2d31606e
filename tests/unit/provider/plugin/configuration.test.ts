import { forgetClaims } from "../../../../core/unikernel/check/claims";
import { configurationOf } from "../../../../provider/plugin/configuration";
import { closePlugins, openPlugin, urnOf } from "./plugin";

const NAMES = ["CONNECTION", "ACCELERATOR", "MEMORY_LIMIT", "VCPU_LIMIT", "DIR"].map(
    (name) => `PULUMI_UNIKERNEL_${name}`,
);
const before = NAMES.map((name): [string, string | undefined] => [name, process.env[name]]);
beforeEach(() => {
    forgetClaims();
    for (const name of NAMES) delete process.env[name];
});
afterAll(() => {
    closePlugins();
    for (const [name, value] of before)
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
});

const A = "test:///a",
    B = "test:///b",
    C = "test:///c";

// Argument, then provider, then environment, then default.
test.each<[string, object, Record<string, unknown>, Record<string, string>, object]>([
    [
        "an argument",
        { connection: A, accelerator: "tcg" },
        { connection: B, accelerator: "kvm" },
        { CONNECTION: C, ACCELERATOR: "auto" },
        { connection: A, accelerator: "tcg" },
    ],
    [
        "the provider",
        {},
        { connection: B, accelerator: "kvm" },
        { CONNECTION: C, ACCELERATOR: "tcg" },
        { connection: B, accelerator: "kvm" },
    ],
    ["the environment", {}, {}, { CONNECTION: C, ACCELERATOR: "tcg" }, { connection: C, accelerator: "tcg" }],
    [
        "each by itself",
        { connection: A },
        { accelerator: "kvm" },
        { CONNECTION: C, ACCELERATOR: "tcg" },
        { connection: A, accelerator: "kvm" },
    ],
    [
        "the default",
        {},
        {},
        { CONNECTION: "" },
        { connection: expect.stringMatching(/^qemu:\/\/\/(system|session)$/) as string },
    ],
])("%s decides", async (_what, args, provider, environment, expected) => {
    for (const [name, value] of Object.entries(environment)) process.env[`PULUMI_UNIKERNEL_${name}`] = value;
    const plugin = await openPlugin();
    await plugin.configure(provider);
    const { inputs } = await plugin.check(urnOf("Unikernel", "web"), { platform: "kvm", kernel: "nowhere", ...args });
    expect(inputs).toMatchObject(expected);
});

test.each<[string, object, Record<string, unknown>, Record<string, string>, string[]]>([
    [
        "memory over a provider's limit",
        { memory: 65 },
        { memoryLimit: 64 },
        {},
        ["memory: 65 MiB are more than the 64 that this provider allows a guest"],
    ],
    [
        "memory by default, over a limit in text",
        {},
        { memoryLimit: "32" },
        {},
        ["memory: 64 MiB are more than the 32 that this provider allows a guest"],
    ],
    [
        "processors over the environment's limit",
        { vcpus: 3 },
        {},
        { VCPU_LIMIT: "2" },
        ["vcpus: 3 processors are more than the 2 that this provider allows a guest"],
    ],
    [
        "nothing: a provider's limit wins over the environment's",
        { vcpus: 3 },
        { vcpuLimit: 4 },
        { VCPU_LIMIT: "2" },
        [],
    ],
    ["nothing at the limit itself", { memory: 64, vcpus: 2 }, { memoryLimit: 64, vcpuLimit: 2 }, {}, []],
    [
        "a variable that says nothing sensible",
        {},
        {},
        { CONNECTION: "there", MEMORY_LIMIT: "much" },
        [
            'connection: PULUMI_UNIKERNEL_CONNECTION: expected a libvirt URI, such as qemu:///system, found "there"',
            'memoryLimit: PULUMI_UNIKERNEL_MEMORY_LIMIT: expected a whole number of MiB from 1 to 16777216, found "much"',
        ],
    ],
    [
        "nothing of a variable that nobody needs",
        { connection: A },
        { memoryLimit: 64 },
        { CONNECTION: "there", MEMORY_LIMIT: "much" },
        [],
    ],
    ["limits that a program gives itself", { limits: { memory: 1 } }, {}, {}, ["limits: unknown property"]],
])("refuses %s", async (_what, args, provider, environment, expected) => {
    for (const [name, value] of Object.entries(environment)) process.env[`PULUMI_UNIKERNEL_${name}`] = value;
    const plugin = await openPlugin();
    await plugin.configure(provider);
    const { failures } = await plugin.check(urnOf("Unikernel", "web"), {
        platform: "kvm",
        kernel: "nowhere",
        connection: environment.CONNECTION ? undefined : A,
        ...args,
    });
    const said = failures
        .filter(({ property }) => property !== "kernel")
        .map(({ property, reason }) => `${property}: ${reason}`);
    expect(said.sort()).toEqual(expected);
});

test("on a medium there is neither a connection nor a limit; on Xen no accelerator", () => {
    const { defaultsOf } = configurationOf({ connection: A, accelerator: "tcg" });
    expect([defaultsOf("kvm"), defaultsOf("xen"), defaultsOf("iso")]).toEqual([
        { connection: A, accelerator: "tcg" },
        { connection: A },
        {},
    ]);
});
