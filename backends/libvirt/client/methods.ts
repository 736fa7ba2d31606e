import type { Connection } from "./connection";
import { domainMethods } from "./domainMethods";
import { hostMethods } from "./hostMethods";
import { networkMethods } from "./networkMethods";
import type { MethodArgs, MethodName, MethodResult, Progress } from "./protocol";
import { volumeMethods } from "./volumeMethods";

type Implementation = {
    [M in MethodName]: (
        connection: Connection,
        progress: (made: Progress) => void,
        ...args: MethodArgs<M>
    ) => Promise<MethodResult<M>>;
};

/** The methods of the child process. Each runs on one connection, one call after the other. */
export const methods: Implementation = { ...hostMethods, ...domainMethods, ...networkMethods, ...volumeMethods };
