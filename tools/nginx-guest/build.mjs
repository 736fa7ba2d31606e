#!/usr/bin/env node
// Builds the nginx guest: `node tools/nginx-guest/build.mjs --output DIR` makes vmlinuz and initrd in DIR/kvm, DIR/xen and DIR/iso.
import { createHash } from "node:crypto";
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { initramfs } from "./archive.mjs";
import { arrange, kernelImage, PLATFORMS, sources } from "./contents.mjs";
import { fetchPackages, keepPackages, keptPackages } from "./packages.mjs";

const here = import.meta.dirname;
const cacheFolder = () =>
    path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), ".cache"), "pulumi-unikernel", "nginx-guest");

/**
 * The name of a build: a digest of everything that its bytes come from.
 * @param {string[]} packages
 * @param {[name: string, bytes: Uint8Array][]} files
 */
export function buildKey(packages, files) {
    const hash = createHash("sha256").update(packages.join("\n"));
    for (const [name, bytes] of files) hash.update(`\n${name} ${bytes.length}\n`).update(bytes);
    return hash.digest("hex").slice(0, 16);
}

/**
 * Builds the guest, or finds it built.
 * @param {{ cache?: string, fresh?: boolean }} [options] `fresh` builds although it is there
 * @returns {{ folder: string, packages: string[], built: boolean }} the folder with PLATFORM/vmlinuz and PLATFORM/initrd
 */
export function buildGuest({ cache = cacheFolder(), fresh = false } = {}) {
    mkdirSync(cache, { recursive: true });
    /** @param {string[]} packages */
    const folderOf = (packages) => path.join(cache, buildKey(packages, sources(here)));
    const kept = fresh ? undefined : keptPackages(cache);
    if (kept && existsSync(folderOf(kept))) return { folder: folderOf(kept), packages: kept, built: false };
    const scratch = mkdtempSync(path.join(cache, "build-"));
    try {
        const unpacked = path.join(scratch, "packages");
        const platforms = Object.entries(PLATFORMS);
        const { packages, releases } = fetchPackages(
            scratch,
            unpacked,
            platforms.map(([, { kernel }]) => kernel),
        );
        const result = path.join(scratch, "result");
        for (const [index, [name, platform]] of platforms.entries()) {
            const release = releases[index] ?? "";
            const tree = path.join(scratch, name);
            arrange(unpacked, { ...platform, release }, here, tree);
            mkdirSync(path.join(result, name), { recursive: true });
            copyFileSync(kernelImage(unpacked, release), path.join(result, name, "vmlinuz"));
            writeFileSync(path.join(result, name, "initrd"), initramfs(tree));
        }
        if (fresh) rmSync(folderOf(packages), { recursive: true, force: true });
        moveInto(result, folderOf(packages));
        keepPackages(cache, packages);
        return { folder: folderOf(packages), packages, built: true };
    } finally {
        rmSync(scratch, { recursive: true, force: true });
    }
}

/**
 * Where another run was faster, its build stays: the same name means the same bytes.
 * @param {string} result
 * @param {string} folder
 */
function moveInto(result, folder) {
    try {
        renameSync(result, folder);
    } catch (error) {
        if (!existsSync(folder)) throw error;
    }
}

function main() {
    const { values } = parseArgs({
        options: { output: { type: "string" }, fresh: { type: "boolean", default: false } },
    });
    const { folder, packages, built } = buildGuest({ fresh: values.fresh });
    console.log(`${built ? "built" : "already built"} in ${folder} from:\n  ${packages.join("\n  ")}`);
    const { output } = values;
    if (!output) return;
    cpSync(folder, output, { recursive: true });
    console.log(
        `vmlinuz and initrd are in ${Object.keys(PLATFORMS)
            .map((name) => path.join(output, name))
            .join(" and ")}`,
    );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) main();
