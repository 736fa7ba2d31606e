import type { Backends } from "../../backends";
import { backends } from "../../backends";
import type { Problem } from "../../model";
import { withSignal } from "../../model";
import { parseArguments } from "../arguments";
import { getConsole, getUnikernel } from "./guests";
import { getHost } from "./host";
import type { FunctionName } from "./schema";
import { functionShapes } from "./schema";

export type { FunctionName, FunctionShape } from "./schema";
export { functionShapes } from "./schema";

type Properties = Record<string, unknown>;

/** The services that functions need from their process. */
export interface FunctionServices {
    /** The connection when the caller names none. @default that of a guest on KVM */
    connection?: string;
    /** Print a line for the user. */
    log(message: string): void;
    /** Cancels the call. */
    signal?: AbortSignal;
    /** @default all backends of this release */
    backends?: Backends;
}

/** The result of a function, or every problem of its arguments. */
export type FunctionResult = { results: Properties } | { problems: Problem[] };

/**
 * Call a function by name.
 * @throws UnikernelError `not-found` for a guest that the host does not have, `unreachable`, `permission`,
 * `unsupported`
 */
export async function callFunction(
    name: FunctionName,
    asked: Properties,
    services: FunctionServices,
): Promise<FunctionResult> {
    const { values, problems } = parseArguments(functionShapes[name].inputs, asked, {}, "function");
    const world = { ...services, backends: services.backends ?? backends };
    return problems.length > 0 ? { problems } : withSignal(services.signal, () => FUNCTIONS[name](values, world));
}

const FUNCTIONS: Record<
    FunctionName,
    (values: Properties, services: FunctionServices & { backends: Backends }) => Promise<FunctionResult>
> = {
    getUnikernel,
    getHost,
    console: getConsole,
};
