const { writeFileSync } = require("node:fs");
const path = require("node:path");

/** @typedef {import("@jest/reporters").Test} Test */
/** @typedef {import("@jest/reporters").TestResult} TestResult */
/** @typedef {import("@jest/reporters").AggregatedResult} AggregatedResult */

/** @param {string} file */
const relative = (file) => path.relative(process.cwd(), file);

/**
 * Keeps a run's figures in the file that PULUMI_UNIKERNEL_RESULTS names; tools/test.mjs adds up those of all runs.
 * Written after each test file, so that a run which has to be ended has figures too, and names what did not end.
 */
module.exports = class Reporter {
    /** @type {Set<string>} */
    running = new Set();
    /** @type {string[]} */
    failures = [];
    /** @type {{ file: string, seconds: number }[]} */
    files = [];

    /** @param {Test} test */
    onTestFileStart({ path: file }) {
        this.running.add(relative(file));
    }

    /** A sign of life: tools/test.mjs ends a run that finishes no test for long. */
    onTestCaseResult() {
        const results = process.env.PULUMI_UNIKERNEL_RESULTS;
        if (results) writeFileSync(`${results}.alive`, "");
    }

    /**
     * @param {Test} test
     * @param {TestResult} result
     * @param {AggregatedResult} totals
     */
    onTestFileResult({ path: testFile }, { testResults, testExecError, perfStats }, totals) {
        const file = relative(testFile);
        this.running.delete(file);
        this.files.push({ file, seconds: (perfStats.end - perfStats.start) / 1000 });
        const failed = testResults
            .filter(({ status }) => status === "failed")
            .map(({ fullName }) => `${file}: ${fullName}`);
        this.failures.push(...failed, ...(testExecError ? [`${file}: could not be run`] : []));
        this.write(totals);
    }

    /**
     * @param {unknown} _contexts
     * @param {AggregatedResult} totals
     */
    onRunComplete(_contexts, totals) {
        this.write(totals);
    }

    /** @param {AggregatedResult} totals */
    write(totals) {
        const results = process.env.PULUMI_UNIKERNEL_RESULTS;
        if (!results) return;
        writeFileSync(
            results,
            JSON.stringify({
                passed: totals.numPassedTests,
                // A file that cannot be loaded has no tests to count.
                failed: totals.numFailedTests + totals.numRuntimeErrorTestSuites,
                skipped: totals.numPendingTests + totals.numTodoTests,
                failures: [...this.failures, ...[...this.running].map((file) => `${file}: did not end`)],
                files: this.files,
            }),
        );
    }
};
