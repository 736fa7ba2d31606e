import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { InvokeRequest, type InvokeResponse } from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { z } from "zod";
import { UNKNOWN } from "../../core";
import { functionShapes } from "../../core/functions";
import { Calls } from "../../provider/plugin/server/calls";
import { testKernel } from "../e2e/guests";
import { withStack } from "../support/engine";
import { type LibvirtHost, startLibvirtHost } from "../support/libvirtHost";
import { tinyDomain } from "../support/tinyDomain";
import { ask, closePlugins, openPlugin, type Plugin, secret, struct, values } from "../unit/provider/plugin/plugin";

jest.setTimeout(900_000);

let host: LibvirtHost;
let plugin: Plugin;
const stranger = randomUUID();
beforeAll(async () => {
    host = await startLibvirtHost();
    await host.defineNatNetwork("lan");
    const file = join(host.folder, "stranger.xml");
    await writeFile(file, tinyDomain({ name: "stranger", uuid: stranger, vcpus: 2 }));
    await host.virsh("define", file);
    plugin = await openPlugin();
    await plugin.configure({ connection: host.uri });
});
afterAll(async () => {
    closePlugins();
    await host.close();
});

test("a program asks for the host, a guest and its console", async () => {
    const guests = {
        web: {
            readiness: { console: "test kernel ready" },
            args: ["one"],
            interfaces: [{ mac: "52:54:00:00:00:07", attach: { network: "lan" } }],
        },
    };
    const calls = {
        host: { call: "getHost" },
        web: { call: "getUnikernel", name: "web", after: "web" },
        byId: { call: "getUnikernel", id: `${host.uri}#stranger` },
        console: { call: "console", name: "web", after: "web", lines: 3 },
        nobody: { call: "getUnikernel", name: "nobody" },
        wrong: { call: "console", lines: 0, uuid: "x", colour: "red" },
    };
    await withStack(
        "tests/plugin/programs/providers",
        "functions",
        async (stack) => {
            await stack.configure({
                guests: JSON.stringify({ web: { ...guests.web, name: "web" } }),
                calls: JSON.stringify(calls),
            });
            await stack.up();
            const { calls: got } = await stack.outputs<{
                calls: Record<keyof typeof calls, Record<string, unknown>>;
            }>();
            expect(got.host).toEqual({
                connection: host.uri,
                uuid: host.uuid,
                hostname: expect.any(String),
                platforms: ["kvm"],
                accelerators: expect.arrayContaining(["tcg"]),
                memory: { total: await host.memory(), free: expect.any(Number) },
                processors: await host.processors(),
                networks: [{ name: "lan", active: true }],
                libvirtVersion: expect.stringMatching(/^\d+\.\d+\.\d+$/),
                hypervisorVersion: expect.stringMatching(/^\d+\.\d+\.\d+$/),
            });
            // What the schema promises is what comes.
            for (const [name, key] of [
                ["getHost", "host"],
                ["getUnikernel", "web"],
                ["getUnikernel", "byId"],
                ["console", "console"],
            ] as const) {
                expect(z.strictObject(functionShapes[name].outputs).safeParse(got[key]).error).toBeUndefined();
            }
            const uuid = await host.virsh("domuuid", "web");
            expect(got.web).toEqual({
                uuid,
                name: "web",
                connection: host.uri,
                platform: "kvm",
                state: "running",
                memory: 16,
                vcpus: 1,
                ipAddresses: [expect.any(String)],
                interfaces: [{ mac: "52:54:00:00:00:07", kind: "network", source: "lan" }],
                consoleLog: `${host.env.PULUMI_UNIKERNEL_DIR}/${uuid}/console.log`,
                consoleCommand: expect.stringContaining("console web"),
                ours: true,
                urn: expect.stringMatching(/unikernel:index:Unikernel::web$/),
            });
            expect(got.byId).toMatchObject({
                uuid: stranger,
                name: "stranger",
                state: "stopped",
                vcpus: 2,
                ours: false,
                consoleLog: "",
            });
            expect(got.byId).not.toHaveProperty("urn");
            expect(String(got.console.text).split("\n")).toHaveLength(3);
            expect(got.console.text).toContain("test kernel ready");
            expect(got.nobody.error).toContain(`there is no domain with name "nobody" on ${host.uri}`);
            for (const said of ["expected a whole number of lines", "expected a uuid", "unknown property"])
                expect(got.wrong.error).toContain(said);
        },
        {
            leave: true,
            enter: host.enter,
            env: { ...host.env },
            config: { "unikernel:connection": host.uri, "unikernel:accelerator": "tcg", kernel: await testKernel() },
        },
    );
});

async function invoke(name: string, args: Record<string, unknown>, on: Plugin = plugin) {
    const request = new InvokeRequest().setTok(`unikernel:index:${name}`).setArgs(struct(args));
    const response = await ask<InvokeResponse>((done) => on.client.invoke(request, done));
    const failures = response.getFailuresList().map((failure) => `${failure.getProperty()}: ${failure.getReason()}`);
    return { failures, results: values(response.getReturn()) };
}

test.each<[string, string, Record<string, unknown>, (string | RegExp)[]]>([
    ["no guest", "getUnikernel", {}, [/^uuid: expected exactly one/]],
    ["two guests", "getUnikernel", { name: "a", uuid: stranger }, [/^uuid: expected exactly one/]],
    ["an id that is none", "getUnikernel", { id: "web" }, [/^id: expected a domain's uuid/]],
    [
        "an id of another host",
        "getUnikernel",
        { id: "qemu:///system#web", connection: "qemu:///session" },
        [/^connection: the id says qemu:\/\/\/system/],
    ],
    ["a connection that is none", "getHost", { connection: "here" }, [/^connection: expected a libvirt URI/]],
    [
        "a wrong type",
        "console",
        { name: { first: "web" }, lines: "many" },
        [/^name: expected the name/, /^lines: expected a whole number/],
    ],
    [
        "too many lines",
        "console",
        { name: "web", lines: 10_001 },
        [/^lines: expected a whole number of lines from 1 to 10000/],
    ],
    ["an argument that is not known", "getUnikernel", { name: UNKNOWN }, ["name: is not known yet"]],
    ["an unknown property", "getHost", { speed: 1 }, [/^speed: unknown property; this function takes connection/]],
])("refuses %s", async (_what, name, args, expected) => {
    const { failures } = await invoke(name, args);
    expect(failures).toHaveLength(expected.length);
    expected.forEach((text, index) => {
        expect(failures[index]).toMatch(text);
    });
});

test("what is asked with a secret is answered in secret", async () => {
    const { results } = await invoke("getUnikernel", { name: secret("stranger") });
    expect(results).toMatchObject({ name: secret("stranger"), uuid: secret(stranger) });
});

test.each<[string, string, Record<string, unknown>, RegExp]>([
    ["a function that there is not", "getMoon", {}, /no function "unikernel:index:getMoon"[^]*getHost/],
    ["a guest that there is not", "console", { uuid: randomUUID() }, /there is no domain with uuid/],
    [
        "a host that does not answer",
        "getHost",
        { connection: "qemu+unix:///system?socket=/nonexistent/socket" },
        /socket|connect/i,
    ],
])("%s is an error", async (_what, name, args, message) => {
    await expect(invoke(name, args)).rejects.toThrow(message);
});

test("a cancel ends a function that waits for its host", async () => {
    const another = await openPlugin({ calls: new Calls(5000, async () => undefined) });
    await host.signalDaemon("SIGSTOP");
    try {
        const asked = expect(
            invoke("getUnikernel", { name: "stranger", connection: host.uri }, another),
        ).rejects.toThrow(/cancelled/);
        await new Promise((resolve) => {
            setTimeout(resolve, 500);
        });
        await ask((done) => another.client.cancel(new Empty(), done));
        await asked;
    } finally {
        await host.signalDaemon("SIGCONT");
    }
});
