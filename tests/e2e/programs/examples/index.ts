// Several of the examples in one program: the test puts the folder of each beside this file. What each exports, by its name.
import { readdirSync } from "node:fs";
import { join } from "node:path";

const examples = readdirSync(__dirname, { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && entry.name !== "node_modules",
);
module.exports = Object.fromEntries(
    examples.map(({ name }) => [name, { ...require(join(__dirname, name, "index.ts")) }]),
);
