import type { Connection } from "./connection";
import { domainMethods } from "./domainMethods";
import { hostMethods } from "./hostMethods";
import { networkMethods } from "./networkMethods";
import type { MethodArgs, MethodName, MethodResult } from "./protocol";
import { volumeMethods } from "./volumeMethods";

type Implementation = {
    [M in MethodName]: (
        connection: Connection,
        progress: (bytes: number) => void,
        ...args: MethodArgs<M>
    ) => Promise<MethodResult<M>>;
};

/** What the child can do: each works on one connection, one call after the other. */
export const methods: Implementation = { ...hostMethods, ...domainMethods, ...networkMethods, ...volumeMethods };
