import { media } from "./media";

/** Creates a medium with the inputs of its argument: a process that a test can kill. */
async function main(): Promise<void> {
    await media().handlers.create(JSON.parse(process.argv[2]!));
}

void main();
