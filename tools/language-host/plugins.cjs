const { spawn } = require("node:child_process");
const grpc = require("@grpc/grpc-js");
const { RunPluginResponse } = require("@pulumi/pulumi/proto/language_pb");
const { resolveSdk } = require("./sdk.cjs");

/** @typedef {import("@pulumi/pulumi/proto/language_pb").RunPluginRequest} Request */

/**
 * The SDK's runner for each kind of plugin that is a program: `analyzer` is a policy pack.
 * @type {Record<string, string>}
 */
const RUNNERS = { analyzer: "cmd/run-policy-pack", resource: "cmd/run-plugin" };

/**
 * A plugin that is a folder with a Node program in it; it is ended when the engine ends the call.
 * @param {grpc.ServerWritableStream<Request, RunPluginResponse>} call
 */
function runPlugin(call) {
    const info = call.request.getInfo();
    /** @param {string} details */
    const fail = (details) => call.destroy(Object.assign(new Error(details), { code: grpc.status.UNKNOWN, details }));
    const part = RUNNERS[call.request.getKind()];
    if (!part || !info) return fail(`a plugin of the kind ${call.request.getKind()} cannot be run here`);
    const directory = info.getProgramDirectory();
    /** @type {string} */
    let runner;
    try {
        runner = resolveSdk(directory, part);
    } catch (error) {
        return fail(error instanceof Error ? error.message : String(error));
    }
    const environment = Object.fromEntries(
        call.request.getEnvList().map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
    );
    const child = spawn(process.execPath, [runner, ...call.request.getArgsList(), info.getEntryPoint() || "."], {
        cwd: directory,
        env: { ...process.env, ...environment },
        stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout.on("data", (chunk) => call.write(new RunPluginResponse().setStdout(chunk)));
    child.stderr.on("data", (chunk) => call.write(new RunPluginResponse().setStderr(chunk)));
    child.on("error", (error) => fail(`${runner} could not be started: ${error.message}`));
    child.on("close", (code) => {
        call.write(new RunPluginResponse().setExitcode(code ?? 1));
        call.end();
    });
    call.on("cancelled", () => child.kill("SIGKILL"));
    process.on("exit", () => child.kill("SIGKILL"));
    return undefined;
}

module.exports = { runPlugin };
