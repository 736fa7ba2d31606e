const { spawn } = require("node:child_process");
const { readFileSync } = require("node:fs");
const path = require("node:path");
const grpc = require("@grpc/grpc-js");
const { InstallDependenciesResponse } = require("@pulumi/pulumi/proto/language_pb");

/** @typedef {import("@pulumi/pulumi/proto/language_pb").InstallDependenciesRequest} Request */

/**
 * @param {string} directory
 * @returns {{ version?: string, dependencies?: Record<string, string> }}
 */
const readManifest = (directory) => {
    try {
        return JSON.parse(readFileSync(path.join(directory, "package.json"), "utf8"));
    } catch {
        return {};
    }
};

/**
 * The dependencies in the program's package.json, in the versions that are installed (else as asked for).
 * @param {string} directory
 */
function dependencies(directory) {
    return Object.entries(readManifest(directory).dependencies ?? {}).map(([name, wanted]) => ({
        name,
        version: readManifest(path.join(directory, "node_modules", name)).version ?? wanted,
    }));
}

/**
 * `pulumi install`: npm, its output passed on as it comes.
 * @param {grpc.ServerWritableStream<Request, InstallDependenciesResponse>} call
 */
function installDependencies(call) {
    const child = spawn("npm", ["install"], { cwd: call.request.getDirectory(), stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.on("data", (chunk) => call.write(new InstallDependenciesResponse().setStdout(chunk)));
    child.stderr.on("data", (chunk) => call.write(new InstallDependenciesResponse().setStderr(chunk)));
    /** @param {string} details */
    const fail = (details) => call.destroy(Object.assign(new Error(details), { code: grpc.status.UNKNOWN, details }));
    child.on("error", (error) => fail(`npm could not be started: ${error.message}`));
    child.on("close", (code) => (code === 0 ? call.end() : fail(`npm install ended with status ${code}`)));
}

module.exports = { dependencies, installDependencies };
