/**
 * Preloaded into programs. The SDK takes a stack for every promise and every resource, and maps it at once: a quarter
 * of a small program's processor time goes into the maps of packages. Their lines stay as they are.
 */
const { createRequire } = require("node:module");

const NOTHING = JSON.stringify({ version: 3, sources: [], names: [], mappings: "" });

// The copy that the SDK's own runner uses: it is the program's main module.
createRequire(process.argv[1] ?? __filename)("source-map-support").install({
    /** @param {string} file */
    retrieveSourceMap: (file) => (/[\\/]node_modules[\\/]/.test(file) ? { url: file, map: NOTHING } : null),
});
