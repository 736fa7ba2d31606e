#!/usr/bin/env node
import { run } from "./command";
import { printable } from "../spec";

run(process.argv.slice(2)).then(
    (code) => { process.exitCode = code; },
    (error: unknown) => {
        console.error(printable(error instanceof Error ? error.message : String(error)));
        process.exitCode = 1;
    },
);
