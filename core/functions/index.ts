import type { Backends } from "../../backends";
import { backends } from "../../backends";
import type { Problem } from "../../spec";
import { endedBy } from "../../spec";
import { parseArguments } from "../arguments";
import { getConsole, getUnikernel } from "./guests";
import { getHost } from "./host";
import type { FunctionName } from "./schema";
import { functionShapes } from "./schema";

export type { FunctionName, FunctionShape } from "./schema";
export { functionShapes } from "./schema";

type Properties = Record<string, unknown>;

/** What the functions need from the process that they run in. */
export interface FunctionServices {
    /** The connection when the caller named none. @default the one of a guest on KVM */
    connection?: string;
    /** A line for the person at the terminal. */
    log(message: string): void;
    /** Ends what is being waited for. */
    signal?: AbortSignal;
    /** @default all that there are */
    backends?: Backends;
}

/** What a function gave: its results, or everything that is wrong with its arguments. */
export type FunctionResult = { results: Properties } | { problems: Problem[] };

/**
 * Calls a function by its name.
 * @throws UnikernelError `not-found` for a guest that the host does not have, `unreachable`, `permission`, `unsupported`
 */
export async function callFunction(
    name: FunctionName,
    asked: Properties,
    services: FunctionServices,
): Promise<FunctionResult> {
    const { values, problems } = parseArguments(functionShapes[name].inputs, asked, {}, "function");
    const world = { ...services, backends: services.backends ?? backends };
    return problems.length > 0 ? { problems } : endedBy(services.signal, () => FUNCTIONS[name](values, world));
}

const FUNCTIONS: Record<
    FunctionName,
    (values: Properties, services: FunctionServices & { backends: Backends }) => Promise<FunctionResult>
> = {
    getUnikernel,
    getHost,
    console: getConsole,
};
