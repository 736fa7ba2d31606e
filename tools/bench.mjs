// npm run bench [-- PART…] [--json FILE]: the figures of bench/, each beside what the same costs without us.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { transformSync } from "@swc/core";

const require = createRequire(import.meta.url);

// bench/ and the tests' helpers are TypeScript; Node 20 cannot read that by itself.
require.extensions[".ts"] = (module, file) => {
    const { code } = transformSync(readFileSync(file, "utf8"), {
        filename: file,
        sourceMaps: "inline",
        jsc: { parser: { syntax: "typescript" }, target: "es2022" },
        module: { type: "commonjs", ignoreDynamic: true },
    });
    module._compile(code, file);
};

process.exitCode = await require("../bench/index.ts").main(process.argv.slice(2));
