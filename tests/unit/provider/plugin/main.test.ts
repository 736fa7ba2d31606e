import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Server, ServerCredentials, credentials } from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import type { LogRequest } from "@pulumi/pulumi/proto/engine_pb";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import type { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { connectEngine } from "../../../../provider/plugin/engine";
import { ask } from "./plugin";

const repository = join(__dirname, "../../../..");
const { version } = JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as { version: string };

test("the executable says its port, serves, and ends with the engine", async () => {
    const child = spawn(process.execPath, ["--require", join(repository, "tests/support/typescript.cjs"), join(repository, "provider/plugin/main.ts")], { stdio: ["pipe", "pipe", "inherit"] });
    const ended = once(child, "exit");
    const [line] = await once(createInterface({ input: child.stdout }), "line") as [string];
    expect(line).toMatch(/^\d+$/);
    const client = new ResourceProviderClient(`127.0.0.1:${line}`, credentials.createInsecure());
    expect((await ask<PluginInfo>((done) => client.getPluginInfo(new Empty(), done))).getVersion()).toBe(version);
    client.close();
    child.stdin.end();
    await ended;
});

test("the engine hears lines, warnings and progress for what they are", async () => {
    const heard: object[] = [];
    const server = new Server();
    server.addService(EngineService, {
        log: (call: { request: LogRequest }, done: (error: null, response: Empty) => void) => { heard.push(call.request.toObject()); done(null, new Empty()); },
    } as never);
    const port = await new Promise<number>((resolve, reject) => {
        server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) => { if (error) reject(error); else resolve(bound); });
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
