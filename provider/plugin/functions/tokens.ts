import type { FunctionName, FunctionShape } from "../../../core";
import { functionShapes } from "../../../core";
import { UnikernelError } from "../../../model";
import { PACKAGE } from "../urn";

const SHAPES = functionShapes();
const NAMES = Object.keys(SHAPES) as FunctionName[];

export function functionToken(name: FunctionName): string {
    return `${PACKAGE}:index:${name}`;
}

/** Tokens of the plugin's functions → their arguments and results, as in the package's schema. */
export const PLUGIN_FUNCTIONS: Record<string, FunctionShape> = Object.fromEntries(
    NAMES.map((name) => [functionToken(name), SHAPES[name]]),
);

/** @throws UnikernelError `invalid` */
export function functionOf(token: string): FunctionName {
    const found = NAMES.find((name) => functionToken(name) === token);
    if (found) return found;
    throw new UnikernelError("invalid", `this plugin has no function ${JSON.stringify(token)}`, {
        hint: `it has ${NAMES.map(functionToken).join(", ")}`,
    });
}
