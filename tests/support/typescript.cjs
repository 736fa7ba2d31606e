// Lets a child process of a test run TypeScript sources with jest's compiler: `node -r .../typescript.cjs program.ts`.
const { createHash } = require("node:crypto");
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");
const { transformSync } = require("@swc/core");

const options = {
    jsc: { parser: { syntax: "typescript" }, target: "es2022" },
    module: { type: "commonjs", ignoreDynamic: true },
    sourceMaps: "inline",
    swcrc: false,
};
// Tests start dozens of children, so each file is compiled once.
const cache = join(tmpdir(), "puk-test-typescript");

require.extensions[".ts"] = (module, filename) => {
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
    module._compile(code, filename);
};
