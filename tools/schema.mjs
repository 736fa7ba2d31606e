// `node tools/schema.mjs`: writes schema.json; `--check` only compares.
import { createRequire } from "node:module";
import path from "node:path";

const require = createRequire(import.meta.url);

// Node 20 cannot read TypeScript by itself.
require("../tests/support/typescript.cjs");
const { writeSchema } = require("./schema/index.ts");

process.exitCode = writeSchema(path.join(import.meta.dirname, ".."), process.argv.includes("--check"));
