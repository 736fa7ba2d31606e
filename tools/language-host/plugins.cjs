const { spawn } = require("node:child_process");
const grpc = require("@grpc/grpc-js");
const { RunPluginResponse } = require("@pulumi/pulumi/proto/language_pb");
const { resolveSdk } = require("./sdk.cjs");

/** What the SDK has for each kind of plugin that is a program: `analyzer` is a policy pack. */
const RUNNERS = { analyzer: "cmd/run-policy-pack", resource: "cmd/run-plugin" };

/** A plugin that is a folder with a Node program in it; it is ended when the engine ends the call. */
function runPlugin(call) {
    const info = call.request.getInfo();
    const fail = (details) => call.destroy(Object.assign(new Error(details), { code: grpc.status.UNKNOWN, details }));
    const part = RUNNERS[call.request.getKind()];
    if (!part) return fail(`a plugin of the kind ${call.request.getKind()} cannot be run here`);
    const directory = info.getProgramDirectory();
    let runner;
    try {
        runner = resolveSdk(directory, part);
    } catch (error) {
        return fail(error.message);
    }
    const environment = Object.fromEntries(
        call.request.getEnvList().map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
    );
    const child = spawn(process.execPath, [runner, ...call.request.getArgsList(), info.getEntryPoint() || "."], {
        cwd: directory,
        env: { ...process.env, ...environment },
        stdio: ["ignore", "pipe", "pipe"],
    });
    const pass = (setter) => (chunk) => {
        const message = new RunPluginResponse();
        message[setter](chunk);
        call.write(message);
    };
    child.stdout.on("data", pass("setStdout"));
    child.stderr.on("data", pass("setStderr"));
    child.on("error", (error) => fail(`${runner} could not be started: ${error.message}`));
    child.on("close", (code) => {
        pass("setExitcode")(code ?? 1);
        call.end();
    });
    call.on("cancelled", () => child.kill("SIGKILL"));
    process.on("exit", () => child.kill("SIGKILL"));
    return undefined;
}

module.exports = { runPlugin };
