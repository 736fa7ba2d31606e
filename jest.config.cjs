// execa is ESM only and is imported dynamically, so jest runs with --experimental-vm-modules (see tools/test.mjs),
// and swc must leave import() as it is.
/** @type {import("jest").Config} */
module.exports = {
    testMatch: ["<rootDir>/tests/**/*.test.ts"],
    globalSetup: "<rootDir>/tests/support/userData.cjs",
    testEnvironment: "<rootDir>/tests/support/environment.cjs",
    transform: {
        "^.+\\.ts$": [
            "@swc/jest",
            {
                jsc: { parser: { syntax: "typescript" }, target: "es2022" },
                module: { type: "commonjs", ignoreDynamic: true },
            },
        ],
    },
    modulePathIgnorePatterns: ["<rootDir>/dist/", "<rootDir>/examples/"],
    testSequencer: "<rootDir>/tools/test/sequencer.cjs",
    testTimeout: 120_000,
};
