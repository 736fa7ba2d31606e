#!/usr/bin/env node
// `npm test`: set-up, static checks, then every suite; the last line counts all tests together.
//   npm test -- [unit|integration|e2e …]   only these
//   --no-setup                             everything is there already
// Where no Xen host can be made, its suite is skipped and the reason is printed; with CI set, that is a failure.
//   --long                                 tests with more rounds, and more time for them
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { engineEnv } from "./engine.mjs";
import { SetupError } from "./setup/steps.mjs";
import { ensureXenHost } from "./setup/xen.mjs";
import { setup } from "./setup.mjs";
import {
    CHECK_LIMIT,
    CHECKS_BUDGET,
    closingLine,
    overBudget,
    resultsOf,
    SILENCE,
    SUITES,
    table,
    total,
    XEN_HOST_BUDGET,
} from "./test/results.mjs";
import { slowness } from "./test/speed.mjs";

const root = path.join(import.meta.dirname, "..");
const SETUP_BUDGET = 8 * 60;
const { values: options, positionals } = parseArgs({
    allowPositionals: true,
    options: { "no-setup": { type: "boolean", default: false }, long: { type: "boolean", default: false } },
});

/**
 * Run a program in the repository, its output shown.
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @param {number} seconds how long it may go on without a sign of life: a file that `alive` names and that it writes again; without one, in all
 * @param {string} [alive]
 * @returns {Promise<import("./test/results.mjs").Ending>} `hung` when it was ended for its silence
 */
function run(args, env, seconds, alive) {
    return new Promise((resolve) => {
        // A process group of its own: a jest that is ended does not end its workers.
        const child = spawn(process.execPath, args, {
            cwd: root,
            env,
            stdio: ["ignore", "inherit", "inherit"],
            detached: true,
        });
        /** @param {NodeJS.Signals} signal */
        const forward = (signal) => {
            if (child.pid !== undefined) process.kill(-child.pid, signal);
        };
        let hung = false;
        const started = Date.now();
        const timer = setInterval(() => {
            const last = Math.max(started, alive && existsSync(alive) ? statSync(alive).mtimeMs : 0);
            if (hung || Date.now() - last < seconds * 1000) return;
            hung = true;
            forward("SIGTERM");
        }, 1000);
        process.on("SIGINT", forward).on("SIGTERM", forward);
        child.on("close", (code, signal) => {
            clearInterval(timer);
            process.off("SIGINT", forward).off("SIGTERM", forward);
            resolve({ code, signal, hung, seconds });
        });
    });
}

/**
 * Runs a step and gives its line of the table. A machine that is slower just now gets as much more time.
 * @param {string} name
 * @param {number} budget
 * @param {() => Promise<Partial<import("./test/results.mjs").Figures>>} work
 * @returns {Promise<import("./test/results.mjs").Row>}
 */
async function measure(name, budget, work) {
    console.log(`\n── ${name}`);
    const before = await slowness();
    const started = Date.now();
    const result = await work();
    const seconds = (Date.now() - started) / 1000;
    const slow = Math.max(before, await slowness());
    if (slow > 1.1)
        console.log(`   this machine takes ${slow.toFixed(1)} times as long as the one that budgets are for`);
    return { name, budget: Math.round(budget * slow), seconds, passed: 0, failed: 0, skipped: 0, ...result };
}

/**
 * A step of set-up: prints its result, or why it failed.
 * @param {() => Promise<string | void>} work
 * @param {(error: unknown) => Partial<import("./test/results.mjs").Counts>} otherwise
 */
const prepare = (work, otherwise) =>
    work().then(
        (note) => {
            if (note) console.log(`   ${note}`);
            return {};
        },
        (error) => {
            console.error(error instanceof SetupError ? error.message : error);
            return otherwise(error);
        },
    );

async function checks() {
    const { code } = await run(["tools/check.mjs"], process.env, CHECK_LIMIT);
    return { failed: code === 0 ? 0 : 1 };
}

/**
 * One jest process; its reporter leaves the figures in a file.
 * @param {import("./test/results.mjs").Suite} suite
 */
async function suite({ name, folder, workers }) {
    const scratch = mkdtempSync(path.join(os.tmpdir(), "pulumi-unikernel-test-"));
    const results = path.join(scratch, "results.json");
    const env = {
        ...process.env,
        ...engineEnv(),
        PULUMI_UNIKERNEL_RESULTS: results,
        ...(options.long ? { PULUMI_UNIKERNEL_LONG: "1" } : {}),
    };
    const args = [
        "--experimental-vm-modules",
        "--no-warnings",
        "node_modules/jest/bin/jest.js",
        `${folder}/`,
        `--maxWorkers=${workers}`,
        "--reporters=default",
        "--reporters=<rootDir>/tools/reporter.cjs",
    ];
    // A budget is a figure to compare with: the speed of a machine is no fault of the code. A hang ends the suite.
    const end = await run(args, env, SILENCE, `${results}.alive`);
    const found = existsSync(results) ? JSON.parse(readFileSync(results, "utf8")) : undefined;
    rmSync(scratch, { recursive: true, force: true });
    return resultsOf(name, found, end);
}

const unknown = positionals.filter((name) => !SUITES.some((one) => one.name === name));
if (unknown.length > 0) {
    console.error(`There is no suite ${unknown.join(", ")}: ${SUITES.map(({ name }) => name).join(", ")}`);
    process.exit(2);
}
/** @type {import("./test/results.mjs").Row[]} */
const rows = [];
if (!options["no-setup"]) {
    rows.push(
        await measure("set-up", SETUP_BUDGET, () =>
            prepare(
                () => setup({ tests: true }),
                () => ({ failed: 1 }),
            ),
        ),
    );
}
if (rows.every(({ failed }) => failed === 0)) {
    if (positionals.length === 0) rows.push(await measure("checks", CHECKS_BUDGET, checks));
    for (const one of SUITES.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
        const budget = options.long ? one.budget * 5 : one.budget;
        if (one.xenHost && !options["no-setup"]) {
            const host = await measure("Xen host", XEN_HOST_BUDGET, () =>
                prepare(ensureXenHost, (error) =>
                    error instanceof SetupError && !process.env.CI ? { skipped: 1 } : { failed: 1 },
                ),
            );
            rows.push(host);
            if (host.skipped + host.failed > 0) continue;
        }
        rows.push(await measure(one.name, budget, () => suite(one)));
    }
}
const sum = total(rows);
console.log(`\n${table(rows)}`);
for (const row of rows.filter(overBudget))
    console.log(`${row.name} took ${row.seconds.toFixed(0)} s, its budget is ${row.budget} s`);
console.log(closingLine(sum));
process.exitCode = sum.failed > 0 || sum.passed === 0 ? 1 : 0;
