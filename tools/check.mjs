#!/usr/bin/env node
// `npm run check`: every static check, also those of `npm test`. Each is named, with its seconds; all run, whatever fails.
import { spawnSync } from "node:child_process";
import path from "node:path";
import { ensureBuild } from "./setup/node.mjs";

const root = path.join(import.meta.dirname, "..");
const ROOMS = ["index.ts", "spec", "core", "guests", "backends", "images", "provider", "resources", "selftest", "cli"];

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
const failed = [];
for (const [name, args] of Object.entries(CHECKS)) {
    const started = Date.now();
    const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" });
    console.log(`${status === 0 ? "passed" : "FAILED"}  ${name} (${((Date.now() - started) / 1000).toFixed(0)} s)`);
    if (status !== 0) failed.push(name);
}
if (failed.length > 0) console.error(`failed: ${failed.join(", ")}; npm run format mends what is only form`);
process.exitCode = failed.length > 0 ? 1 : 0;
