// npm run bench [-- PART…] [--json FILE]: the figures of bench/, each beside what the same costs without us.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const require = createRequire(import.meta.url);
const repository = fileURLToPath(new URL("..", import.meta.url));

// Pulumi programs load what is built; bench/ and the tests' helpers are TypeScript, which Node 20 cannot read by itself.
const { status } = spawnSync("npm", ["run", "--silent", "build"], {
    cwd: repository,
    stdio: ["ignore", process.stderr, process.stderr],
});
require("../tests/support/typescript.cjs");

process.exitCode = status === 0 ? await require("../bench/index.ts").main(process.argv.slice(2)) : 1;
