const path = require("node:path");
const Sequencer = require("@jest/test-sequencer").default;

/** @typedef {import("jest-runner").Test} Test */

/**
 * Test files that take longest, by suite, the slowest first. Where jest has no times of an earlier run it begins with the largest file, and
 * the slow ones among the small ones end with one worker alone.
 */
const SLOWEST = [
    ...[
        "images-engine",
        "nginx-guest",
        "faults",
        "images",
        "network-faults",
        "lifecycle",
        "selftest",
        "commands",
        "disks-written",
        "exclusive",
    ].map((name) => `tests/integration/${name}.test.ts`),
    ...["upgrade", "examples", "rename", "faults"].map((name) => `tests/e2e/${name}.test.ts`),
    ...["providers", "rollOut", "fleet", "everySecret", "cancel", "languages"].map(
        (name) => `tests/plugin/${name}.test.ts`,
    ),
    ...["killed", "demo", "selftest", "linux", "lifecycle", "lifecycle-drift"].map(
        (name) => `tests/xen/${name}.test.ts`,
    ),
];

/** The order of test files: the slowest first, the others as jest has them. */
module.exports = class extends Sequencer {
    /**
     * @override
     * @param {Test[]} tests
     */
    async sort(tests) {
        /** @param {Test} test */
        const place = ({ path: file }) => {
            const found = SLOWEST.indexOf(path.relative(process.cwd(), file).split(path.sep).join("/"));
            return found < 0 ? SLOWEST.length : found;
        };
        const before = await super.sort(tests);
        return [...before].sort((one, other) => place(one) - place(other));
    }
};
