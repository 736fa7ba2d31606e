// Pulumi's language host for YAML: a release of the engine brings it; for a source build it is built from its Go module.
import {
    chmodSync,
    existsSync,
    lstatSync,
    mkdirSync,
    mkdtempSync,
    readFileSync,
    renameSync,
    rmSync,
    symlinkSync,
} from "node:fs";
import path from "node:path";
import { cacheFolder, engineFolder, findEngine, which } from "../engine.mjs";
import { ensureGo } from "./go.mjs";
import { run, SetupError } from "./steps.mjs";

const NAME = "pulumi-language-yaml";
const PACKAGE = `github.com/pulumi/pulumi-yaml/cmd/${NAME}`;
const source = path.join(import.meta.dirname, "../yaml-build");

/**
 * The release that the module file asks for.
 * @param {string} goMod the text of the file
 */
export const yamlVersion = (goMod) => /github\.com\/pulumi\/pulumi-yaml (v\S+)/.exec(goMod)?.[1];

/** The step. The engine looks beside itself first; it warns of a host on PATH in every run. */
export async function ensureYamlHost() {
    const engine = findEngine();
    if (!engine) throw new SetupError("There is no Pulumi engine yet that a language host could serve.");
    const beside = path.join(path.dirname(engine.program), NAME);
    if (existsSync(beside)) return `is beside ${engine.program}`;
    if (path.dirname(engine.program) !== engineFolder()) {
        const found = which(NAME);
        if (found) return `is at ${found}`;
        throw new SetupError(`${engine.program} has no language host for YAML beside it: put ${NAME} on PATH.`);
    }
    const { program, built } = await kept();
    // A broken link does not exist as a file, but its name is taken.
    if (lstatSync(beside, { throwIfNoEntry: false })) rmSync(beside);
    symlinkSync(program, beside);
    return `${built ? "built" : "linked"} ${program}`;
}

/** The one in the cache folder, built where it is not there yet: a minute on two cores. */
async function kept() {
    const version = yamlVersion(readFileSync(path.join(source, "go.mod"), "utf8"));
    if (!version) throw new Error(`found no version of pulumi-yaml in ${source}/go.mod`);
    const folder = path.join(cacheFolder(), "yaml", version);
    const program = path.join(folder, NAME);
    if (existsSync(program)) return { program, built: false };
    mkdirSync(path.dirname(folder), { recursive: true });
    const fresh = mkdtempSync(`${folder}.`);
    try {
        const { program: go, toolchain } = await ensureGo(path.join(source, "go.mod"));
        const env = {
            ...process.env,
            GOTOOLCHAIN: toolchain,
            GOFLAGS: "-mod=readonly -trimpath",
            GOWORK: "off",
            CGO_ENABLED: "0",
        };
        const flags = `-s -w -X github.com/pulumi/pulumi-yaml/pkg/version.Version=${version}`;
        await run("nice", [go, "build", "-v", "-ldflags", flags, "-o", path.join(fresh, NAME), PACKAGE], {
            cwd: source,
            env,
            title: "go build",
        });
        chmodSync(fresh, 0o755);
        rmSync(folder, { recursive: true, force: true });
        renameSync(fresh, folder);
    } finally {
        rmSync(fresh, { recursive: true, force: true });
    }
    return { program, built: true };
}
