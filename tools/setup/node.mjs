// npm's packages, our own build, and the examples' way to both.
import { createHash } from "node:crypto";
import {
    existsSync,
    lstatSync,
    mkdirSync,
    readdirSync,
    readFileSync,
    readlinkSync,
    renameSync,
    rmSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import path from "node:path";
import { run, SetupError } from "./steps.mjs";

/** @typedef {Record<string, { version: string, optional?: boolean }>} LockedPackages by their folder */

/** @param {string} file */
const readJson = (file) => JSON.parse(readFileSync(file, "utf8"));

/**
 * The packages of the lock file that node_modules lacks or has in another version.
 * @param {{ packages: LockedPackages }} lock
 * @param {{ packages?: LockedPackages }} installed
 */
export function stalePackages(lock, installed) {
    return Object.entries(lock.packages)
        .filter(
            ([name, wanted]) =>
                name !== "" && !wanted.optional && installed.packages?.[name]?.version !== wanted.version,
        )
        .map(([name]) => name);
}

/** @param {string} root */
export async function ensureModules(root) {
    const record = path.join(root, "node_modules/.package-lock.json");
    const lock = readJson(path.join(root, "package-lock.json"));
    const stale = stalePackages(lock, existsSync(record) ? readJson(record) : {});
    if (stale.length === 0) return `${Object.keys(lock.packages).length - 1} packages are as locked`;
    await run("npm", ["ci", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=http"], {
        cwd: root,
        title: "npm ci",
    });
    return "installed";
}

/**
 * Digest of all sources that the compiler reads.
 * @param {string} root
 */
export function sourceDigest(root) {
    /** @type {{ include: string[] }} */
    const { include } = readJson(path.join(root, "tsconfig.json"));
    const files = include.flatMap((entry) => {
        const place = path.join(root, entry);
        if (!existsSync(place)) return [];
        if (!lstatSync(place).isDirectory()) return [place];
        return readdirSync(place, { recursive: true, encoding: "utf8" })
            .filter((name) => name.endsWith(".ts"))
            .map((name) => path.join(place, name));
    });
    const hash = createHash("sha256");
    for (const file of ["tsconfig.json", "package-lock.json"]
        .map((name) => path.join(root, name))
        .concat(files.sort())) {
        hash.update(`${path.relative(root, file)}\n`).update(readFileSync(file));
    }
    return hash.digest("hex");
}

/**
 * Compiles into a new folder and swaps it in, so that nothing half-built or long removed is ever loaded.
 * @param {string} root
 */
export async function ensureBuild(root) {
    const mark = path.join(root, "dist/.sources");
    const digest = sourceDigest(root);
    if (existsSync(mark) && readFileSync(mark, "utf8") === digest) return "dist is up to date";
    const fresh = path.join(root, ".cache", `dist-${process.pid}`);
    const old = `${fresh}-old`;
    try {
        await run(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.json", "--outDir", fresh], {
            cwd: root,
            title: "tsc",
        });
        writeFileSync(path.join(fresh, ".sources"), digest);
        if (existsSync(path.join(root, "dist"))) renameSync(path.join(root, "dist"), old);
        renameSync(fresh, path.join(root, "dist"));
    } finally {
        for (const folder of [fresh, old]) rmSync(folder, { recursive: true, force: true });
    }
    return "built dist";
}

/**
 * Links an example's dependencies to this checkout: `pulumi-unikernel` to the repository itself, the others to
 * its node_modules, so that there is one copy of the SDK.
 * @param {string} root
 * @param {string} folder
 */
export function linkExample(root, folder) {
    const { dependencies = {}, devDependencies = {} } = readJson(path.join(folder, "package.json"));
    let made = 0;
    for (const name of Object.keys({ ...dependencies, ...devDependencies })) {
        const target = name === "pulumi-unikernel" ? root : path.join(root, "node_modules", name);
        if (!existsSync(target))
            throw new SetupError(
                `${path.relative(root, folder)} depends on ${name}, which is not in the repository's node_modules`,
            );
        const link = path.join(folder, "node_modules", name);
        const wanted = path.relative(path.dirname(link), target);
        const there = lstatSync(link, { throwIfNoEntry: false });
        if (there?.isSymbolicLink() && readlinkSync(link) === wanted) continue;
        rmSync(link, { recursive: true, force: true });
        mkdirSync(path.dirname(link), { recursive: true });
        symlinkSync(wanted, link);
        made++;
    }
    return made;
}

/** @param {string} root */
export function ensureExamples(root) {
    const examples = path.join(root, "examples");
    const folders = existsSync(examples)
        ? readdirSync(examples)
              .map((name) => path.join(examples, name))
              .filter((folder) => existsSync(path.join(folder, "package.json")))
        : [];
    const made = folders.map((folder) => linkExample(root, folder)).reduce((sum, count) => sum + count, 0);
    return `${folders.length} use this checkout${made ? `, ${made} links made` : ""}`;
}
