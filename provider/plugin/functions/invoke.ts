import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { callFunction } from "../../../core";
import type { Problem } from "../../../model";
import type { Configuration } from "../configuration";
import type { Calls } from "../server/calls";
import { decode, encode } from "../wire/codec";
import { textOf } from "../wire/wire";
import { functionOf } from "./tokens";

interface Asked {
    calls: Calls;
    configuration: Configuration;
    log(message: string): Promise<void>;
}

/**
 * Call a function. Problems of its arguments are in the response's failures.
 * @throws UnikernelError `invalid` for an unknown function; the errors of the function
 */
export async function invoke(
    request: proto.InvokeRequest,
    { calls, configuration, log }: Asked,
): Promise<proto.InvokeResponse> {
    const name = functionOf(request.getTok());
    const { value, secrets, unknowns } = decode(request.getArgs());
    // The engine does not call a function with unknown arguments, and no guest can be found by an unknown.
    if (unknowns.length > 0)
        return failing(unknowns.map((path) => ({ property: textOf(path), reason: "is not known yet" })));
    const said: Promise<void>[] = [];
    const connection = configuration.defaultsOf("kvm").connection;
    try {
        const outcome = await calls.run(0, (signal) =>
            callFunction(name, value, {
                signal,
                log: (message) => {
                    said.push(log(message));
                },
                connection: typeof connection === "string" ? connection : undefined,
            }),
        );
        if ("problems" in outcome) return failing(outcome.problems);
        // Results of a call with a secret argument may repeat the secret.
        const hidden = secrets.length > 0 ? Object.keys(outcome.results).map((key) => [key]) : [];
        return new proto.InvokeResponse().setReturn(encode(outcome.results, hidden));
    } finally {
        await Promise.all(said);
    }
}

function failing(failures: Problem[]): proto.InvokeResponse {
    return new proto.InvokeResponse().setFailuresList(
        failures.map(({ property, reason }) => new proto.CheckFailure().setProperty(property).setReason(reason)),
    );
}
