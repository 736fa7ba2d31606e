import type { UnikraftFacts } from "../kernel";

/** Return whether a kernel takes a parameter; true where its file does not show its parameters. */
export function takes(build: UnikraftFacts | undefined, name: string): boolean {
    return build?.parameters === undefined || build.parameters.some((one) => one.name === name);
}
