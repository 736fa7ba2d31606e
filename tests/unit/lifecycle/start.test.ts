import { recordOfName } from "../../../backends/libvirt/fileNames";
import type { Host } from "../../../backends/libvirt/host";
import { lacksRuntimeConfig } from "../../../backends/libvirt/lifecycle/power/runtimeConfig";
import { start } from "../../../backends/libvirt/lifecycle/power/start";
import type { FileRecord } from "../../../backends/libvirt/model";
import type { LibvirtPlatform } from "../../../backends/libvirt/platform";
import { UnikernelError } from "../../../model";

const config = "config-0123456789abcdef";
const mark = {
    files: ["kernel-0123456789abcdef", config, "data-0123.scratch.img"].map(recordOfName),
    told: "rumprun/cfg",
};

const guest = { uuid: "u", name: "web" };

interface Trouble {
    [call: string]: Error | undefined;
}

/** A host that does what it is told, writes it down, and fails where the test says. */
function world(trouble: Trouble = {}, { value = "{}" } = {}) {
    const calls: string[] = [];
    const call = (name: string): void => {
        calls.push(name);
        if (trouble[name]) throw trouble[name];
    };
    const host = {
        uri: "xen:///system",
        domains: {
            start: async (_uuid: string, { paused }: { paused: boolean }) => {
                call(paused ? "start paused" : "start");
                return 7;
            },
            state: async () => ({ active: false }),
            resume: async () => call("resume"),
            destroy: async () => call("destroy"),
        },
        files: {
            read: async (_uuid: string, name: string) => {
                call(`read ${name}`);
                return value;
            },
            copy: async (_uuid: string, _from: string, _to: string, { transient }: { transient?: boolean }) =>
                call(transient ? "copy" : "copy synced"),
            share: async (_uuid: string, names: string[]) => call(`share ${names.join(" ")}`),
        },
    } as unknown as Host;
    const platform = {
        writeRuntimeConfig: async (_host: Host, _guest: object, domain: number, told: object) =>
            call(`tell ${domain} ${JSON.stringify(told)}`),
        explain: async () => {
            call("explain");
            return ["libxl: no luck", "libxl: none at all"];
        },
    } as unknown as LibvirtPlatform;
    const console = {
        path: async () => "",
        read: async () => "",
        size: async () => undefined,
        output: async () => undefined,
        rotate: async () => call("turn"),
        remove: async () => undefined,
    };
    const run = (
        more: {
            state?: "running" | "paused";
            mark?: { files: FileRecord[]; told?: string };
            again?: boolean;
            autostart?: boolean;
            shared?: string[];
        } = {},
    ) =>
        start(host, platform, guest, {
            state: "running",
            mark,
            again: false,
            autostart: false,
            console,
            shutdownTimeout: 30,
            ...more,
        });
    return { calls, run, host, platform };
}

const telling = `tell 7 {"key":"rumprun/cfg","value":"{}"}`;

test.each<[string, Parameters<ReturnType<typeof world>["run"]>[0], string[]]>([
    ["a guest that is told nothing", { mark: { files: [] } }, ["start"]],
    ["the same, paused, once more", { mark: { files: [] }, state: "paused", again: true }, ["turn", "start paused"]],
    ["one that is told", {}, ["copy", "start paused", `read ${config}`, telling, "resume"]],
    ["one that is told, and stays paused", { state: "paused" }, ["copy", "start paused", `read ${config}`, telling]],
])("%s", async (_name, options, expected) => {
    const { calls, run } = world();
    await run(options);
    expect(calls).toEqual(expected);
});

const files: FileRecord[] = [
    { name: "kernel-0123456789abcdef", role: "kernel" },
    { name: "data-0123456789abcdef.scratch.img", role: "scratch" },
];
const shared = ["kernel-0123456789abcdef"];
const sharing = "share kernel-0123456789abcdef";

test.each<[string, Parameters<ReturnType<typeof world>["run"]>[0], string[]]>([
    ["a first start", {}, ["copy", "start"]],
    ["a first start of files to share", { shared }, ["copy", "start"]],
    ["a later start of files to share", { shared, again: true }, ["turn", sharing, "copy", "start"]],
    ["a later start of none", { again: true }, ["turn", "copy", "start"]],
    ["a guest that libvirt may start after a power cut", { autostart: true }, ["copy synced", "start"]],
])("files before a start: %s", async (_name, options, expected) => {
    const { calls, run } = world();
    await run({ mark: { files }, ...options });
    expect(calls).toEqual(expected);
});

test("a guest starts where its content cannot be shared, but not where its host does not answer", async () => {
    const full = world({ [sharing]: new UnikernelError("no-space", "no space left") });
    await full.run({ mark: { files }, shared, again: true });
    expect(full.calls).toContain("start");
    const gone = world({ [sharing]: new UnikernelError("unreachable", "no answer") });
    await expect(gone.run({ mark: { files }, shared, again: true })).rejects.toMatchObject({ code: "unreachable" });
    expect(gone.calls).not.toContain("start");
});

const denied = new UnikernelError("permission", "xenstore: write: EACCES", { hint: "be root" });

test.each<[string, ReturnType<typeof world>, string, string]>([
    ["it cannot be told", world({ [telling]: denied }), "permission", "EACCES\n  hint: be root"],
    [
        "its configuration cannot be read",
        world({ [`read ${config}`]: new UnikernelError("program-failed", "read failed") }),
        "program-failed",
        "read failed",
    ],
    ["its configuration is gone", world({}, { value: "" }), "not-found", config],
])("never a guest without its configuration: %s", async (_name, { calls, run }, code, text) => {
    await expect(run()).rejects.toMatchObject({
        code,
        message: expect.stringMatching(
            new RegExp(`^the guest could not be told its configuration and was destroyed before it ran: [^]*${text}`),
        ),
    });
    expect(calls).toContain("destroy");
    expect(calls).not.toContain("resume");
});

test("a log that lies elsewhere may be there before the guest", async () => {
    const { calls, run, platform } = world();
    Object.assign(platform, { console: () => undefined });
    await run({ mark: { files: [] } });
    expect(calls).toEqual(["turn", "start"]);
});

test("when even the destroying fails, it stays paused", async () => {
    const { calls, run } = world({ [telling]: denied, destroy: new UnikernelError("unreachable", "gone") });
    await expect(run()).rejects.toMatchObject({ code: "unreachable" });
    expect(calls).not.toContain("resume");
});

test("what the host's log says of a start is in the error", async () => {
    const failed = new UnikernelError(
        "program-failed",
        "internal error: libxenlight failed to create new domain 'web'",
    );
    await expect(world({ "start paused": failed }).run()).rejects.toMatchObject({
        code: "program-failed",
        message: `${failed.message}\n  libxl: no luck\n  libxl: none at all`,
    });
    await expect(world({ "start paused": failed, explain: new Error("no log") }).run()).rejects.toBe(failed);
    const other = new UnikernelError("invalid", "something else");
    const { calls, run } = world({ "start paused": other });
    await expect(run()).rejects.toBe(other);
    expect(calls).not.toContain("explain");
});

const running = {
    uuid: "u",
    name: "web",
    id: 7,
    state: "running" as const,
    reason: 1,
    active: true,
    autostart: false,
    persistent: true,
    inactiveXml: "",
};
const liveMark = {
    schemaVersion: 1,
    urn: "",
    creator: { user: "", machine: "", project: "" },
    bootDigest: "",
    phase: "ready" as const,
    since: "",
    told: "rumprun/cfg",
};
const asks = (answer: () => Promise<boolean>): LibvirtPlatform =>
    ({ hasRuntimeConfig: answer }) as unknown as LibvirtPlatform;

test.each<[string, boolean, Parameters<typeof lacksRuntimeConfig>[3], () => Promise<boolean>]>([
    ["it was told", false, { record: running, liveMark }, async () => true],
    ["it was not", true, { record: running, liveMark }, async () => false],
    ["it is off", false, { record: { ...running, active: false, id: undefined }, liveMark }, async () => false],
    ["it is told nothing", false, { record: running, liveMark: { ...liveMark, told: undefined } }, async () => false],
    ["it is not there", false, {}, async () => false],
    [
        "who may not ask cannot know",
        false,
        { record: running, liveMark },
        async () => {
            throw denied;
        },
    ],
])("untold: %s", async (_name, expected, existing, answer) => {
    expect(await lacksRuntimeConfig(world().host, asks(answer), guest, existing)).toBe(expected);
});

test("a host that is lost while it is asked is no answer", async () => {
    await expect(
        lacksRuntimeConfig(
            world().host,
            asks(async () => {
                throw new UnikernelError("unreachable", "gone");
            }),
            guest,
            { record: running, liveMark },
        ),
    ).rejects.toMatchObject({ code: "unreachable" });
});
