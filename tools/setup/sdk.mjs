// The generator of SDKs (tools/sdk), and the packages that its Go SDK is compiled with: each is built once.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import path from "node:path";
import { cacheFolder } from "../engine.mjs";
import { ensureGo } from "./go.mjs";
import { run } from "./steps.mjs";

export const sdkSource = path.join(import.meta.dirname, "../sdk");
const GO_SDK = "github.com/pulumi/pulumi/sdk/v3/go/pulumi";

/** The program `sdk SCHEMA FOLDER`, under a name that follows from its sources. */
export function sdkGenerator() {
    const digest = ["go.mod", "go.sum", "main.go"].reduce(
        (hash, file) => hash.update(readFileSync(path.join(sdkSource, file))),
        createHash("sha256"),
    );
    return path.join(cacheFolder(), "sdk", digest.digest("hex").slice(0, 16));
}

/** Go, and the environment for it: the engine's flags, so that what both need is compiled once. */
export async function goForSdk() {
    const { program, toolchain } = await ensureGo(path.join(sdkSource, "go.mod"));
    return {
        program,
        env: {
            ...process.env,
            GOTOOLCHAIN: toolchain,
            GOFLAGS: "-mod=readonly -trimpath",
            GOWORK: "off",
            CGO_ENABLED: "0",
        },
    };
}

/** The step. */
export async function ensureSdkTools() {
    const [generator, { program, env }] = [sdkGenerator(), await goForSdk()];
    const isThere = existsSync(generator);
    if (!isThere) {
        mkdirSync(path.dirname(generator), { recursive: true });
        const fresh = `${generator}.${process.pid}`;
        await run("nice", [program, "build", "-ldflags", "-s -w", "-o", fresh, "."], {
            cwd: sdkSource,
            env,
            title: "go build",
        });
        renameSync(fresh, generator);
    }
    // A moment where Go's cache has it.
    await run("nice", [program, "build", GO_SDK, `${GO_SDK}/config`, `${GO_SDK}/internals`], {
        cwd: sdkSource,
        env,
        title: "go build",
    });
    return `${isThere ? "are" : "built"} in ${path.dirname(generator)}`;
}
