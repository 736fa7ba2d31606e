// Checks of secrets keep a key file in the user's data folder: tests, and all that they start, have one of their own.
const { mkdtempSync, rmSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");

// Before the workers: they, and the programs that they start, get it with their environment.
module.exports = () => {
    const folder = mkdtempSync(join(tmpdir(), "pulumi-unikernel-user-"));
    process.env.XDG_DATA_HOME = folder;
    process.once("exit", () => {
        rmSync(folder, { recursive: true, force: true });
    });
};
