#!/usr/bin/env node
// Prints what a shell needs to run `pulumi` by hand: eval "$(node tools/env.mjs)"
import { engineEnv } from "./engine.mjs";

/** @param {string} text */
const quote = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

try {
    for (const [name, value] of Object.entries(engineEnv())) console.log(`export ${name}=${quote(value)}`);
} catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
}
