import fs from "node:fs";
import { blockImageHandlers } from "../../../core/blockImage";

/** Runs create with the inputs of its argument: a process that a test can kill. It hangs before its last step, the end of a note. */
async function main(): Promise<void> {
    fs.rmSync = () => {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    };
    await blockImageHandlers().create(JSON.parse(process.argv[2]!));
}

void main();
