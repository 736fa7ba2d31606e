// Builds the engine from its Go module, with the versions and checksums of tools/engine-build.

import path from "node:path";
import { ENGINE_VERSION } from "../engine.mjs";
import { ensureGo } from "./go.mjs";
import { run } from "./steps.mjs";

const source = path.join(import.meta.dirname, "../engine-build");
const PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi";
const VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version";

/**
 * Builds the program `output`; about three minutes on two cores with nothing cached.
 * @param {string} output
 */
export async function buildEngine(output) {
    const { program, toolchain } = await ensureGo(path.join(source, "go.mod"));
    const env = {
        ...process.env,
        GOTOOLCHAIN: toolchain,
        GOFLAGS: "-mod=readonly -trimpath",
        GOWORK: "off",
        CGO_ENABLED: "0",
    };
    const flags = `-s -w -X ${VERSION_VARIABLE}=${ENGINE_VERSION}`;
    await run("nice", [program, "build", "-v", "-ldflags", flags, "-o", output, PACKAGE], {
        cwd: source,
        env,
        title: "go build",
    });
}
