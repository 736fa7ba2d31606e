#!/usr/bin/env node
// `npm run fuzz`: the property-based tests of tests/unit/fuzz with many more files than `npm test` gives each parser.
//   --runs 10000   files for each
//   --seed N       as a failure printed it
//   NAME…          only the tests of these files, such as kernel or xml
import { spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import path from "node:path";
import { parseArgs } from "node:util";

const {
    values: { runs, seed },
    positionals,
} = parseArgs({
    allowPositionals: true,
    options: {
        runs: { type: "string", default: "10000" },
        seed: { type: "string", default: String(randomInt(2 ** 31)) },
    },
});
if (![runs, seed].every((number) => /^\d{1,10}$/.test(number))) {
    console.error(`found --runs ${runs} --seed ${seed}; expected whole numbers`);
    process.exit(2);
}
console.log(`${runs} files for each parser, seed ${seed}`);
const tests = positionals.length > 0 ? positionals.map((name) => `tests/unit/fuzz/${name}`) : ["tests/unit/fuzz/"];
const { status } = spawnSync(
    process.execPath,
    ["--experimental-vm-modules", "--no-warnings", "node_modules/jest/bin/jest.js", ...tests, "--verbose"],
    {
        cwd: path.join(import.meta.dirname, ".."),
        stdio: "inherit",
        env: { ...process.env, PULUMI_UNIKERNEL_FUZZ_RUNS: runs, PULUMI_UNIKERNEL_FUZZ_SEED: seed },
    },
);
process.exitCode = status ?? 1;
