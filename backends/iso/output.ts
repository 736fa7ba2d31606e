import { resolve } from "node:path";
import type { UnikernelSpec } from "../../model";

/** Return the absolute path of a unikernel's image. */
export function outputPath({ output, name }: Pick<UnikernelSpec, "output" | "name">): string {
    return resolve(output ?? `${name}.iso`);
}
