// Builds the engine from its Go module, with the versions and checksums of tools/engine-build.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { ENGINE_VERSION, parseVersion, which } from "../engine.mjs";
import { run, SetupError } from "./steps.mjs";

const source = path.join(import.meta.dirname, "../engine-build");
const PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi";
const VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version";

/** `go version go1.22.1 linux/amd64` → [1, 22, 1]. */
export const parseGoVersion = (text) => parseVersion(/go(\d+\.\d+(?:\.\d+)?)/.exec(text)?.[1].replace(/^(\d+\.\d+)$/, "$1.0") ?? "");

const neededGo = () => parseVersion(/^go (\S+)$/m.exec(readFileSync(path.join(source, "go.mod"), "utf8"))[1]);

export const atLeast = (found, wanted) => {
    const index = [0, 1, 2].find((i) => found[i] !== wanted[i]);
    return index === undefined || found[index] > wanted[index];
};

/** Go that can build it: new enough, or new enough (1.21) to fetch the one that is. */
function findGo() {
    for (const program of [which("go"), "/usr/local/go/bin/go"].filter((file) => file && existsSync(file))) {
        const version = parseGoVersion(spawnSync(program, ["env", "GOVERSION"], { encoding: "utf8", env: { ...process.env, GOTOOLCHAIN: "local" } }).stdout ?? "");
        if (!version || !atLeast(version, [1, 21, 0])) continue;
        return { program, toolchain: atLeast(version, neededGo()) ? "local" : "auto" };
    }
    return undefined;
}

/** Builds the program `output`; about three minutes on two cores with nothing cached. */
export async function buildEngine(output) {
    const go = findGo();
    if (!go) {
        throw new SetupError(`There is no Pulumi engine: none on PATH, no release to download, and no Go (1.21 or newer) to build it with.
Either install Pulumi ${ENGINE_VERSION} (https://www.pulumi.com/docs/install) or Go (https://go.dev/doc/install), and run set-up again.`);
    }
    const env = { ...process.env, GOTOOLCHAIN: go.toolchain, GOFLAGS: "-mod=readonly -trimpath", GOWORK: "off", CGO_ENABLED: "0" };
    const flags = `-s -w -X ${VERSION_VARIABLE}=${ENGINE_VERSION}`;
    await run("nice", [go.program, "build", "-v", "-ldflags", flags, "-o", output, PACKAGE], { cwd: source, env, title: "go build" });
}
