// Checks with secrets keep a key file in the user's data folder: tests and their child processes get a private folder.
const { mkdtempSync, rmSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");

// Set before the workers start, so that they and their child processes inherit it.
module.exports = () => {
    const folder = mkdtempSync(join(tmpdir(), "pulumi-unikernel-user-"));
    process.env.XDG_DATA_HOME = folder;
    process.once("exit", () => {
        rmSync(folder, { recursive: true, force: true });
    });
};
