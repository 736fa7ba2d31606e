import { media } from "./media";

/** Updates a medium with the id, outputs and inputs of its argument: a process that a test can kill. */
async function main(): Promise<void> {
    const [id, olds, news] = JSON.parse(process.argv[2]!);
    await media().handlers.update(id, olds, news);
}

void main();
