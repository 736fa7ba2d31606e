// The Pulumi engine: the one on PATH, else the official release, else a build of its Go module.
import { createHash } from "node:crypto";
import {
    chmodSync,
    existsSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readlinkSync,
    renameSync,
    rmSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import path from "node:path";
import { ENGINE_VERSION, engineFolder, findEngine } from "../engine.mjs";
import { buildEngine } from "./engineBuild.mjs";
import { run, SetupError } from "./steps.mjs";

const RELEASES = "https://get.pulumi.com/releases/sdk";
const languageHost = path.join(import.meta.dirname, "../language-host");

/**
 * `pulumi-v3.259.0-linux-x64.tar.gz`; undefined where no release exists.
 * @param {string} version
 * @param {string} platform
 * @param {string} arch
 */
export function releaseName(version, platform = process.platform, arch = process.arch) {
    return ["linux", "darwin"].includes(platform) && ["x64", "arm64"].includes(arch)
        ? `pulumi-${version}-${platform}-${arch}.tar.gz`
        : undefined;
}

/**
 * The digest of a file in `sha256sum` output.
 * @param {string} listing
 * @param {string} file
 */
export function checksumOf(listing, file) {
    return listing
        .split("\n")
        .map((line) => line.trim().split(/\s+\*?/))
        .find(([, name]) => name === file)?.[0];
}

/**
 * The answer's bytes. A host that does not begin to answer within eight seconds counts as out of reach.
 * @param {string} url
 */
async function download(url) {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), 8_000);
    try {
        const response = await fetch(url, { signal: controller.signal });
        if (!response.ok) throw new Error(`${url}: HTTP ${response.status}`);
        clearTimeout(timer);
        setTimeout(() => controller.abort(), 300_000).unref();
        return Buffer.from(await response.arrayBuffer());
    } finally {
        clearTimeout(timer);
    }
}

/**
 * Downloads, checks and unpacks a release into `target`.
 * @param {string} target
 */
async function fetchRelease(target) {
    const name = releaseName(ENGINE_VERSION);
    if (!name) throw new Error(`there is no release for ${process.platform} ${process.arch}`);
    const listing = await download(`${RELEASES}/pulumi-${ENGINE_VERSION.slice(1)}-checksums.txt`);
    const wanted = checksumOf(listing.toString(), name);
    if (!wanted) throw new Error(`the list of checksums does not have ${name}`);
    const archive = await download(`${RELEASES}/${name}`);
    const found = createHash("sha256").update(archive).digest("hex");
    if (found !== wanted)
        throw new SetupError(`${name} has the sha256 ${found}, but ${wanted} was published: it is not used.`);
    mkdirSync(target, { recursive: true });
    const file = path.join(target, "release.tar.gz");
    writeFileSync(file, archive);
    await run("tar", ["-xzf", file, "-C", target, "--strip-components=1"]);
    rmSync(file);
}

/**
 * Our language host beside a source build, which brings none. Linked, for it finds the SDK from where it is.
 * @param {string} folder
 */
export function linkLanguageHost(folder) {
    for (const name of ["pulumi-language-nodejs", "pulumi-resource-pulumi-nodejs"]) {
        const link = path.join(folder, name);
        const target = path.join(languageHost, name);
        if (readLink(link) === target) continue;
        const fresh = `${link}.${process.pid}`;
        symlinkSync(target, fresh);
        renameSync(fresh, link);
    }
}

/** @param {string} file */
function readLink(file) {
    try {
        return readlinkSync(file);
    } catch {
        return undefined;
    }
}

/**
 * Puts a complete engine into the cache folder in one move.
 * @param {(fresh: string) => Promise<void>} make
 */
async function keep(make) {
    const folder = engineFolder();
    mkdirSync(path.dirname(folder), { recursive: true });
    const fresh = mkdtempSync(`${folder}.`);
    try {
        await make(fresh);
        chmodSync(fresh, 0o755);
        rmSync(folder, { recursive: true, force: true });
        renameSync(fresh, folder);
    } finally {
        rmSync(fresh, { recursive: true, force: true });
    }
}

/**
 * A release has a Node language host of its own; a source build has our link, or will have it.
 * @param {string} folder
 */
const isSourceBuild = (folder) =>
    existsSync(path.join(folder, "pulumi")) && !readdirSync(folder).some((name) => name === "pulumi-language-go");

/** The step. `onlyBuild` is for trying the build where a release could be had. */
export async function ensureEngine({ onlyBuild = false } = {}) {
    const folder = engineFolder();
    if (isSourceBuild(folder)) linkLanguageHost(folder);
    const found = onlyBuild ? undefined : findEngine();
    if (found) return `${found.version} at ${found.program}`;
    if (!onlyBuild) {
        try {
            await keep(fetchRelease);
            return `downloaded the release ${ENGINE_VERSION} to ${folder}`;
        } catch (error) {
            if (error instanceof SetupError) throw error;
            console.log(`    the release cannot be downloaded (${reasonOf(error)}): building it from its Go module`);
        }
    }
    await keep(async (fresh) => {
        await buildEngine(path.join(fresh, "pulumi"));
        linkLanguageHost(fresh);
    });
    return `built ${ENGINE_VERSION} in ${folder}`;
}

/**
 * The code of what fetch failed of, such as ENOTFOUND, or the error's text.
 * @param {unknown} error
 */
function reasonOf(error) {
    if (!(error instanceof Error)) return String(error);
    const { cause } = error;
    return (cause instanceof Error && "code" in cause && cause.code) || error.message;
}
