import { functionShapes } from "../../../core/functions";
import type { FunctionName, FunctionShape } from "../../../core/functions";
import { PACKAGE } from "../urn";

export type { FunctionShape };

/** Tokens of the plugin's functions → their arguments and results, as the package's schema shows them. */
export const PLUGIN_FUNCTIONS: Record<string, FunctionShape> = Object.fromEntries(
    Object.entries(functionShapes).map(([name, shape]) => [functionToken(name as FunctionName), shape]),
);

export function functionToken(name: FunctionName): string {
    return `${PACKAGE}:index:${name}`;
}
