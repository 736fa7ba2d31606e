#!/usr/bin/env node
import { printable } from "../model";
import { run } from "./command";

run(process.argv.slice(2)).then(
    (code) => {
        process.exitCode = code;
    },
    (error: unknown) => {
        console.error(printable(error instanceof Error ? error.message : String(error)));
        process.exitCode = 1;
    },
);
