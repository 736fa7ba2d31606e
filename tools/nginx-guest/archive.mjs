// A folder as an initramfs that is the same bytes whenever its contents are.
import { execFileSync } from "node:child_process";
import { chmodSync, lstatSync, lutimesSync, readdirSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";

/**
 * Every entry below a folder, parents first, by code points: a locale's order would differ between machines.
 * @param {string} folder
 */
export function listEntries(folder) {
    const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
    return names.sort((a, b) => (a < b ? -1 : Number(a > b)));
}

/**
 * newc, owners 0, times 0, inodes in order, modes that do not depend on the umask; gzip with an empty header.
 * @param {string} folder
 * @returns {Buffer} padded to 4 bytes, so that another archive can follow
 */
export function initramfs(folder) {
    const entries = listEntries(folder);
    for (const entry of entries) {
        const file = path.join(folder, entry);
        const stat = lstatSync(file);
        if (stat.isDirectory()) chmodSync(file, entry === "tmp" ? 0o1777 : 0o755);
        else if (stat.isFile()) chmodSync(file, stat.mode & 0o100 ? 0o755 : 0o644);
        lutimesSync(file, 0, 0);
    }
    const archive = execFileSync(
        "cpio",
        ["--create", "--format=newc", "--reproducible", "--owner=+0:+0", "--null", "--quiet"],
        {
            cwd: folder,
            input: entries.map((entry) => `${entry}\0`).join(""),
            maxBuffer: 1 << 30,
        },
    );
    const compressed = gzipSync(archive, { level: 9 });
    return Buffer.concat([compressed, Buffer.alloc(-compressed.length & 3)]);
}
