import { resolve } from "node:path";
import type { UnikernelSpec } from "../../model";

/** Return the path of a unikernel's image as the program writes it, or its default. */
export function outputOf({ output, name }: Pick<UnikernelSpec, "output" | "name">): string {
    return output ?? `${name}.iso`;
}

/** Return the absolute path of a unikernel's image. */
export function outputPath(spec: Pick<UnikernelSpec, "output" | "name">): string {
    return resolve(outputOf(spec));
}
