const { createRequire } = require("node:module");
const path = require("node:path");

/**
 * The file of `@pulumi/pulumi/PART` that a program in `directory` would load. Throws with what to do.
 * @param {string} directory
 * @param {string} part
 */
function resolveSdk(directory, part) {
    try {
        return createRequire(path.join(directory, "package.json")).resolve(`@pulumi/pulumi/${part}`);
    } catch (cause) {
        throw new Error(`@pulumi/pulumi is not installed for the program in ${directory}: run \`npm install\` there`, {
            cause,
        });
    }
}

module.exports = { resolveSdk };
