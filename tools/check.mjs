#!/usr/bin/env node
// `npm run check`: every static check, also those of `npm test`. They run side by side, and all run to their end: the output
// of each is shown when it ends, with its name and seconds.
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { ensureBuild } from "./setup/node.mjs";

const root = path.join(import.meta.dirname, "..");
const ROOMS = [
    "index.ts",
    "model",
    "core",
    "guests",
    "backends",
    "images",
    "localFiles",
    "provider",
    "resources",
    "selftest",
    "cli",
];

const CHECKS = {
    "format and lint": ["node_modules/@biomejs/biome/bin/biome", "ci", "--log-level=warn"],
    types: [
        "node_modules/typescript/bin/tsc",
        ...["-p", "tsconfig.test.json", "--incremental", "--tsBuildInfoFile", ".cache/types.tsbuildinfo"],
    ],
    arrows: [
        "node_modules/dependency-cruiser/bin/dependency-cruise.mjs",
        "--config",
        ".dependency-cruiser.cjs",
        ...ROOMS,
    ],
    "tables of the docs": ["tools/docs.mjs", "--check"],
    "schema.json": ["tools/schema.mjs", "--check"],
};

await ensureBuild(root);
/** @type {string[]} */
const failed = [];
await Promise.all(
    Object.entries(CHECKS).map(async ([name, args]) => {
        const started = Date.now();
        const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
        let output = "";
        for (const stream of [child.stdout, child.stderr])
            stream.setEncoding("utf8").on("data", (/** @type {string} */ text) => {
                output += text;
            });
        const [status] = await once(child, "close");
        process.stdout.write(output);
        console.log(`${status === 0 ? "passed" : "FAILED"}  ${name} (${((Date.now() - started) / 1000).toFixed(0)} s)`);
        if (status !== 0) failed.push(name);
    }),
);
if (failed.length > 0) console.error(`failed: ${failed.join(", ")}; npm run format mends what is only form`);
process.exitCode = failed.length > 0 ? 1 : 0;
