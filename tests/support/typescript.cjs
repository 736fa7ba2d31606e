// Lets a child process of a test, or a tool, run TypeScript from the source, compiled as jest compiles it: `node -r .../typescript.cjs program.ts`.
const { createHash } = require("node:crypto");
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");
const { transformSync } = require("@swc/core");

/** @typedef {NodeJS.Module & { _compile(code: string, filename: string): void }} CompilingModule */

/** @type {import("@swc/core").Options} */
const options = {
    jsc: { parser: { syntax: "typescript" }, target: "es2022" },
    module: { type: "commonjs", ignoreDynamic: true },
    sourceMaps: "inline",
    swcrc: false,
};
// Tests start dozens of children, so each file is compiled once.
const cache = join(tmpdir(), "puk-test-typescript");

require.extensions[".ts"] = (/** @type {NodeJS.Module} */ module, /** @type {string} */ filename) => {
    const source = readFileSync(filename, "utf8");
    const kept = join(cache, `${createHash("sha256").update(JSON.stringify(options)).update(source).digest("hex")}.js`);
    let code;
    try {
        code = readFileSync(kept, "utf8");
    } catch {
        code = transformSync(source, { ...options, filename }).code;
        mkdirSync(cache, { recursive: true });
        writeFileSync(`${kept}.${process.pid}`, code);
        renameSync(`${kept}.${process.pid}`, kept);
    }
    /** @type {CompilingModule} */ (module)._compile(code, filename);
};
