import { blockImageHandlers } from "../../../core/blockImage";

/** Runs create with the inputs of its argument: a process that a test can kill. */
async function main(): Promise<void> {
    await blockImageHandlers().create(JSON.parse(process.argv[2]!));
}

void main();
