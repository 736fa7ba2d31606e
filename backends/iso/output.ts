import { resolve } from "node:path";
import type { UnikernelSpec } from "../../spec";

/** Where the image of a unikernel is, or will be: absolute. */
export function outputPath({ output, name }: Pick<UnikernelSpec, "output" | "name">): string {
    return resolve(output ?? `${name}.iso`);
}
