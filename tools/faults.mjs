#!/usr/bin/env node
// `npm run faults`: random sequences of changes and faults, many more than `npm test` plays.
//   --runs 500     sequences over hosts in memory
//   --daemons 50   sequences by real engines over real daemons
//   --rounds 4     rounds of each of these
//   --seed N       as a failure printed it
//   NAME…          only the tests of these files: memory, daemons
import { spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import path from "node:path";
import { parseArgs } from "node:util";
import { engineEnv } from "./engine.mjs";

const {
    values: { runs, daemons, rounds, seed },
    positionals,
} = parseArgs({
    allowPositionals: true,
    options: {
        runs: { type: "string", default: "500" },
        daemons: { type: "string", default: "50" },
        rounds: { type: "string", default: "4" },
        seed: { type: "string", default: String(randomInt(2 ** 31)) },
    },
});
if (![runs, daemons, rounds, seed].every((number) => /^\d{1,10}$/.test(number))) {
    console.error(
        `found --runs ${runs} --daemons ${daemons} --rounds ${rounds} --seed ${seed}; expected whole numbers`,
    );
    process.exit(2);
}
console.log(`${runs} sequences in memory, ${daemons} of ${rounds} rounds over daemons, seed ${seed}`);
const tests = positionals.length > 0 ? positionals.map((name) => `tests/faults/${name}`) : ["tests/faults/"];
const { status } = spawnSync(
    process.execPath,
    ["--experimental-vm-modules", "--no-warnings", "node_modules/jest/bin/jest.js", ...tests, "--runInBand"],
    {
        cwd: path.join(import.meta.dirname, ".."),
        stdio: "inherit",
        env: {
            ...process.env,
            ...engineEnv(),
            PULUMI_UNIKERNEL_FAULTS_RUNS: runs,
            PULUMI_UNIKERNEL_FAULTS_DAEMON_RUNS: daemons,
            PULUMI_UNIKERNEL_FAULTS_ROUNDS: rounds,
            PULUMI_UNIKERNEL_FAULTS_SEED: seed,
        },
    },
);
process.exitCode = status ?? 1;
