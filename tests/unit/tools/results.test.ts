import type { Row } from "../../../tools/test/results.mjs" with { "resolution-mode": "import" };

const row = (more: Partial<Row> = {}): Row => ({
    name: "unit",
    budget: 10,
    seconds: 5,
    passed: 3,
    failed: 0,
    skipped: 0,
    ...more,
});

test.each([
    { name: "all in time", rows: [row(), row({ passed: 2 })], line: "5 passed, 0 failed" },
    { name: "some skipped", rows: [row({ skipped: 2 })], line: "3 passed, 0 failed, 2 skipped" },
    { name: "one over its budget", rows: [row(), row({ seconds: 11 })], line: "6 passed, 0 failed" },
    { name: "failures and over the budget", rows: [row({ seconds: 11, failed: 2 })], line: "3 passed, 2 failed" },
    { name: "nothing", rows: [], line: "0 passed, 0 failed" },
])("$name: $line", async ({ rows, line }) => {
    const { total, closingLine } = await import("../../../tools/test/results.mjs");
    expect(closingLine(total(rows))).toBe(line);
});

test.each([
    { what: "KVM and the checks", names: ["unit", "integration", "e2e"], minutes: 12 },
    { what: "hosts that are reached by ssh", names: ["remote"], minutes: 2 },
    { what: "media", names: ["iso"], minutes: 6 },
    { what: "Xen and its host", names: ["xen"], minutes: 10 },
])("$what fit into $minutes minutes", async ({ names, minutes }) => {
    const { SUITES, CHECKS_BUDGET, XEN_HOST_BUDGET } = await import("../../../tools/test/results.mjs");
    const apart: Record<string, number> = { unit: CHECKS_BUDGET, xen: XEN_HOST_BUDGET };
    const budgets = SUITES.filter(({ name }) => names.includes(name)).map(({ budget }) => budget);
    expect(budgets).toHaveLength(names.length);
    expect(budgets.reduce((sum, budget) => sum + budget, apart[names[0]!] ?? 0)).toBeLessThanOrEqual(minutes * 60);
});

test("the table names each suite, its slowest files and what failed", async () => {
    const { table } = await import("../../../tools/test/results.mjs");
    const files = Array.from({ length: 12 }, (_, index) => ({ file: `file-${index}`, seconds: index }));
    const text = table([row({ files }), row({ failures: ["a.test.ts: breaks"] })]);
    expect(text).toMatch(/^failed\na\.test\.ts: breaks$/m);
    expect(text).toMatch(/^unit +5\.0 +10 +3 +0 +0$/m);
    expect(text).toContain("file-11");
    expect(text).not.toContain("file-2 ");
});

describe("how a suite ended that has no figures, or none that fail", () => {
    const end = { code: 0, signal: null, hung: false, seconds: 400 };
    const found = { passed: 3, failed: 0, skipped: 0, failures: [] };
    const failed = { ...found, failed: 2, failures: ["a", "b"] };
    test.each([
        ["well", found, end, found],
        ["with failures of its own", failed, { ...end, code: 1 }, failed],
        [
            "as a hang",
            undefined,
            { ...end, code: null, signal: "SIGTERM", hung: true },
            {
                passed: 0,
                failed: 1,
                skipped: 0,
                failures: ["xen: jest was ended as a hang: it finished no test in 400 s"],
            },
        ],
        [
            "as a hang, with what failed before",
            failed,
            { ...end, code: 1, hung: true },
            {
                ...failed,
                failed: 3,
                failures: ["a", "b", "xen: jest was ended as a hang: it finished no test in 400 s"],
            },
        ],
        [
            "by a signal",
            undefined,
            { ...end, code: null, signal: "SIGKILL" },
            { passed: 0, failed: 1, skipped: 0, failures: ["xen: jest was ended by SIGKILL"] },
        ],
        [
            "with a code",
            undefined,
            { ...end, code: 134 },
            { passed: 0, failed: 1, skipped: 0, failures: ["xen: jest ended with exit code 134 and left no results"] },
        ],
        [
            "with a code though nothing failed",
            found,
            { ...end, code: 1 },
            { ...found, failed: 1, failures: ["xen: jest ended with exit code 1 though no test failed"] },
        ],
        [
            "without a word",
            undefined,
            end,
            { passed: 0, failed: 1, skipped: 0, failures: ["xen: jest left no results"] },
        ],
    ])("%s", async (_how, left, how, expected) => {
        const { resultsOf, table } = await import("../../../tools/test/results.mjs");
        const results = resultsOf("xen", left, how);
        expect(results).toEqual(expected);
        for (const line of expected.failures) expect(table([row(results)])).toContain(line);
    });
});
