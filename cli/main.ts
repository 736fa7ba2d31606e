#!/usr/bin/env node
import { messageOf, printable } from "../model";
import { run } from "./command";

// The reader of a pipe, such as head, has read enough.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(0);
});

run(process.argv.slice(2)).then(
    (code) => {
        process.exitCode = code;
    },
    (error: unknown) => {
        console.error(printable(messageOf(error)));
        process.exitCode = 1;
    },
);
