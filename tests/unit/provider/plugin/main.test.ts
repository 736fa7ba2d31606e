import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { credentials, Server, ServerCredentials, status } from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import type { LogRequest } from "@pulumi/pulumi/proto/engine_pb";
import type { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { connectEngine } from "../../../../provider/plugin/server/engine";
import { answerByHand } from "../../../../provider/plugin/usage";
import { HANG_MS } from "../../../support/time";
import { ask } from "./plugin";

jest.setTimeout(900_000);

const repository = join(__dirname, "../../../..");
const { version } = JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as { version: string };

async function start(...words: string[]) {
    const child = spawn(
        process.execPath,
        [
            "--require",
            join(repository, "tests/support/typescript.cjs"),
            join(repository, "provider/plugin/main.ts"),
            ...words,
        ],
        { stdio: ["pipe", "pipe", "inherit"] },
    );
    const ended = once(child, "exit");
    const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
    return { child, ended, line };
}

test("the executable says its port, serves, and ends with the engine", async () => {
    const { child, ended, line } = await start("--logtostderr", "-v=9", "--tracing=", "127.0.0.1:1");
    expect(line).toMatch(/^\d+$/);
    const client = new ResourceProviderClient(`127.0.0.1:${line}`, credentials.createInsecure());
    expect((await ask<PluginInfo>((done) => client.getPluginInfo(new Empty(), done))).getVersion()).toBe(version);
    client.close();
    child.stdin.end();
    await ended;
});

/** A whole HTTP/2 client by hand: the preface, an empty SETTINGS frame, the given bytes, and its end. */
function send(port: string, bytes: Buffer): Promise<void> {
    return new Promise((resolve) => {
        const socket = connect(Number(port), "127.0.0.1", () => socket.end(bytes));
        socket
            .on("error", () => resolve())
            .on("close", () => resolve())
            .resume();
        // A server may leave a connection open that says nothing it understands.
        socket.setTimeout(2_000, () => socket.destroy());
    });
}

const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const SETTINGS = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);

test("the executable outlives connections of no sense", async () => {
    const { child, ended, line } = await start("127.0.0.1:1");
    const client = new ResourceProviderClient(`127.0.0.1:${line}`, credentials.createInsecure());
    for (const bytes of [
        Buffer.from("GET / HTTP/1.1\r\n\r\n"),
        Buffer.alloc(100_000, 0xff),
        PREFACE.subarray(0, 10),
        // A frame that promises 16 MiB and ends after four bytes; a frame of no known type; headers that no HPACK decodes.
        Buffer.concat([PREFACE, SETTINGS, Buffer.from([0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4])]),
        Buffer.concat([PREFACE, SETTINGS, Buffer.from([0, 0, 1, 0xee, 0, 0, 0, 0, 1, 9])]),
        Buffer.concat([PREFACE, SETTINGS, Buffer.from([0, 0, 4, 1, 4, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff])]),
    ])
        await send(line, bytes);
    // Messages of a real client: no protocol buffer, one cut short, and one larger than any may be.
    const messages: [Buffer, number][] = [
        [Buffer.from([0xff, 0xff, 0xff, 0xff]), status.INTERNAL],
        [Buffer.from([0x0a, 0x7f, 0x61]), status.INTERNAL],
        [Buffer.alloc(65 * 1024 * 1024), status.RESOURCE_EXHAUSTED],
    ];
    for (const [bytes, code] of messages) {
        const call = ask((done) =>
            client.makeUnaryRequest(
                "/pulumirpc.ResourceProvider/Check",
                (raw: Buffer) => raw,
                (raw) => raw,
                bytes,
                done as never,
            ),
        );
        await expect(call).rejects.toMatchObject({ code });
    }
    expect((await ask<PluginInfo>((done) => client.getPluginInfo(new Empty(), done))).getVersion()).toBe(version);
    client.close();
    child.stdin.end();
    await ended;
});

test.each<[string, string[], boolean, RegExp | undefined]>([
    ["its version", ["--version"], false, /^1\.2\.3\n$/],
    ["help", ["--help"], false, /^pulumi-resource-unikernel: .*\n[^]*node_modules\/pulumi-unikernel\/bin/],
    ["help in a terminal", [], true, /^pulumi-resource-unikernel: /],
    ["nothing, by an engine", ["--logtostderr", "-v=9", "127.0.0.1:1"], true, undefined],
    ["nothing, into a pipe", [], false, undefined],
])("by hand it says %s", (_, words, terminal, said) => {
    const answer = answerByHand(words, terminal, "1.2.3");
    if (said) expect(answer).toMatch(said);
    else expect(answer).toBeUndefined();
});

test("a Node that is too old is told so", () => {
    // Written for any Node: so run by this one, which says that it is another.
    const old =
        "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.11.1' } }); require(process.argv[1])";
    const run = spawnSync(process.execPath, ["--eval", old, join(repository, "bin/pulumi-resource-unikernel")], {
        encoding: "utf8",
        timeout: HANG_MS,
    });
    expect(run.status).toBe(1);
    expect(run.stdout).toBe("");
    expect(run.stderr).toContain("needs Node 20.12 or newer; this is Node 20.11.1");
});

test("the engine hears lines, warnings and progress for what they are", async () => {
    const heard: object[] = [];
    const server = new Server();
    server.addService(EngineService, {
        log: (call: { request: LogRequest }, done: (error: null, response: Empty) => void) => {
            heard.push(call.request.toObject());
            done(null, new Empty());
        },
    } as never);
    const port = await new Promise<number>((resolve, reject) => {
        server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) => {
            if (error) reject(error);
            else resolve(bound);
        });
    });
    const engine = connectEngine(`127.0.0.1:${port}`);
    await engine.say("urn:web", "restart: args");
    await engine.report("urn:web", "warning: memory: is little");
    await engine.report("urn:web", "building web.iso: 3 of 12 MiB");
    engine.close();
    server.forceShutdown();
    expect(heard).toMatchObject([
        { urn: "urn:web", message: "restart: args", severity: 1, ephemeral: false },
        { message: "memory: is little", severity: 2, ephemeral: false },
        { message: "building web.iso: 3 of 12 MiB", severity: 1, ephemeral: true },
    ]);
});
