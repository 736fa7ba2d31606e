// The figures of a test run: the budget of each suite, and how they add up.

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */
/** @typedef {Counts & { failures?: string[], files?: { file: string, seconds: number }[] }} Figures as the reporter writes them */
/** @typedef {Figures & { name: string, budget: number, seconds: number }} Row of the table */
/** @typedef {{ name: string, folder: string, workers: number, budget: number, xenHost?: true }} Suite */
/** @typedef {{ code: number | null, signal: string | null, hung: boolean, seconds: number }} Ending of a jest process */

/** Seconds for format, types, arrows, tables and schema. */
export const CHECKS_BUDGET = 40;

/** Seconds for the Xen host, from its packages to its saved state: Xen's 10 minutes hold it and its suite. */
export const XEN_HOST_BUDGET = 150;

/**
 * Seconds for each suite on two cores: 12 minutes for KVM with the checks, 6 for media, 2 for hosts that are reached by ssh. And how many jest workers it gets:
 * integration mostly waits for guests to end.
 * @type {Suite[]}
 */
export const SUITES = [
    { name: "unit", folder: "tests/unit", workers: 2, budget: 80 },
    { name: "faults", folder: "tests/faults/memory", workers: 1, budget: 20 },
    { name: "integration", folder: "tests/integration", workers: 3, budget: 330 },
    { name: "e2e", folder: "tests/e2e", workers: 2, budget: 270 },
    { name: "plugin", folder: "tests/plugin", workers: 2, budget: 480 },
    { name: "remote", folder: "tests/remote", workers: 2, budget: 120 },
    { name: "iso", folder: "tests/iso", workers: 2, budget: 360 },
    { name: "xen", folder: "tests/xen", workers: 2, budget: 450, xenHost: true },
];

/**
 * Seconds without a finished test after which a suite counts as hanging, and is ended. How long a whole suite takes is a figure of the
 * machine: one with other work beside took twelve times its budget, and every test passed.
 */
export const SILENCE = 60 * 60;

/** Seconds after which a static check, or a suite that is silent, has hung. */
export const CHECK_LIMIT = 30 * 60;

/**
 * Return the results of a suite: the figures of its reporter and, where jest failed without a failed test or without figures, how it ended.
 * @param {string} name
 * @param {Figures | undefined} found
 * @param {Ending} ending
 * @returns {Figures}
 */
export function resultsOf(name, found, { code, signal, hung, seconds }) {
    const figures = found ?? { passed: 0, failed: 0, skipped: 0 };
    if (code === 0 && found) return figures;
    if (!hung && figures.failed > 0) return figures;
    const how = hung
        ? `was ended as a hang: it finished no test in ${Math.round(seconds)} s`
        : signal
          ? `was ended by ${signal}`
          : code === 0
            ? "left no results"
            : `ended with exit code ${code}${found ? " though no test failed" : " and left no results"}`;
    return { ...figures, failed: figures.failed + 1, failures: [...(figures.failures ?? []), `${name}: jest ${how}`] };
}

/**
 * A suite that took longer than its budget: printed, and no failure.
 * @param {Row} row
 */
export const overBudget = ({ seconds, budget }) => seconds > budget;

/** @param {Counts[]} rows */
export function total(rows) {
    /** @param {keyof Counts} key */
    const sum = (key) => rows.reduce((so, row) => so + row[key], 0);
    return { passed: sum("passed"), failed: sum("failed"), skipped: sum("skipped") };
}

/** @param {Counts} sum */
export const closingLine = ({ passed, failed, skipped }) =>
    `${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ""}`;

/**
 * A line for each row, the slowest files, and the failures.
 * @param {Row[]} rows
 */
export function table(rows) {
    /**
     * @param {string} name
     * @param {(string | number)[]} figures
     */
    const line = (name, ...figures) => name.padEnd(44) + figures.map((figure) => String(figure).padStart(9)).join("");
    const slowest = rows
        .flatMap(({ files = [] }) => files)
        .sort((a, b) => b.seconds - a.seconds)
        .slice(0, 8);
    const failures = rows.flatMap(({ failures: names = [] }) => names);
    return [
        line("suite", "seconds", "budget", "passed", "failed", "skipped"),
        ...rows.map((row) => line(row.name, row.seconds.toFixed(1), row.budget, row.passed, row.failed, row.skipped)),
        ...(slowest.length > 0 ? ["", line("slowest files", "seconds")] : []),
        ...slowest.map(({ file, seconds }) => line(file, seconds.toFixed(1))),
        ...(failures.length > 0 ? ["", "failed"] : []),
        ...failures,
        "",
    ].join("\n");
}
