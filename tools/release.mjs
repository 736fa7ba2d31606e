#!/usr/bin/env node
// Packs a release as users got it, for the tests that upgrade from it (tests/support/release.ts):
//   node tools/release.mjs COMMIT    writes tests/fixtures/pulumi-unikernel-VERSION.tgz
// Once for each release, from the commit that it was made of; the file is never written again.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { run, SetupError } from "./setup/steps.mjs";
import { fail } from "./setup.mjs";

const root = path.join(import.meta.dirname, "..");
const fixtures = path.join(root, "tests/fixtures");

/** @param {string} commit */
async function pack(commit) {
    const scratch = mkdtempSync(path.join(os.tmpdir(), "pulumi-unikernel-release-"));
    const tree = path.join(scratch, "tree");
    const inTree = { cwd: tree };
    try {
        mkdirSync(tree);
        mkdirSync(fixtures, { recursive: true });
        await run("git", ["archive", "--output", path.join(scratch, "tree.tar"), commit], { cwd: root });
        await run("tar", ["--extract", "--file", path.join(scratch, "tree.tar")], inTree);
        await run("npm", ["ci", "--no-audit", "--no-fund", "--prefer-offline"], { ...inTree, title: "npm ci" });
        await run("npm", ["run", "build"], { ...inTree, title: "npm run build" });
        const [{ filename, size }] = JSON.parse(
            await run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", fixtures], {
                ...inTree,
                title: "npm pack",
            }),
        );
        console.log(`tests/fixtures/${filename}: ${size} bytes`);
    } finally {
        rmSync(scratch, { recursive: true, force: true });
    }
}

const [commit] = process.argv.slice(2);
if (commit) await pack(commit).catch(fail);
else fail(new SetupError("usage: node tools/release.mjs COMMIT"));
