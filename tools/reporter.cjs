const { writeFileSync } = require("node:fs");
const path = require("node:path");

/** Leaves a run's figures in the file that PULUMI_UNIKERNEL_RESULTS names; tools/test.mjs adds up those of all runs. */
module.exports = class Reporter {
    onRunComplete(_contexts, results) {
        const file = process.env.PULUMI_UNIKERNEL_RESULTS;
        if (!file) return;
        writeFileSync(file, JSON.stringify({
            passed: results.numPassedTests,
            // A file that cannot be loaded has no tests to count.
            failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
            skipped: results.numPendingTests + results.numTodoTests,
            files: results.testResults.map(({ testFilePath, perfStats }) => ({
                file: path.relative(process.cwd(), testFilePath),
                seconds: (perfStats.end - perfStats.start) / 1000,
            })),
        }));
    }
};
