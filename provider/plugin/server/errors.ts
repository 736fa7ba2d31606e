import type { ServiceError } from "@grpc/grpc-js";
import { Metadata, status } from "@grpc/grpc-js";
import { ErrorResourceInitFailed } from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import { hasCode, messageOf, printable, UnikernelError } from "../../../model";
import type { Properties } from "../wire/codec";
import { encode } from "../wire/codec";
import type { Path } from "../wire/wire";

/**
 * A resource that exists but is not as declared: the engine keeps it in state with the reasons, and updates it in the
 * next run.
 */
export class InitFailed extends Error {
    override readonly name = "InitFailed";
    constructor(
        readonly id: string,
        readonly properties: Properties,
        readonly reasons: string[],
        readonly inputs: Properties,
        readonly secrets: readonly Path[],
    ) {
        super(reasons.join("\n"));
    }
}

/** Convert the handlers' form of it: an error with an id, properties and reasons. */
export function asInitFailed(error: unknown, inputs: Properties, secrets: readonly Path[]): unknown {
    if (!(error instanceof Error) || !("id" in error) || !("properties" in error) || !("reasons" in error))
        return error;
    const reasons = Array.isArray(error.reasons)
        ? error.reasons.map((reason) => printable(String(reason)))
        : [printable(error.message)];
    return new InitFailed(String(error.id), { ...Object(error.properties) }, reasons, inputs, secrets);
}

/** Return an error as gRPC sends it: the message for the user, without the stack. */
export function serviceErrorOf(error: unknown): ServiceError {
    const message = printable(messageOf(error));
    if (process.env.PULUMI_UNIKERNEL_DEBUG && error instanceof Error) console.error(error.stack);
    const metadata = new Metadata();
    if (error instanceof InitFailed) metadata.add("grpc-status-details-bin", detailsOf(error));
    const code = hasCode(error, "invalid")
        ? status.INVALID_ARGUMENT
        : error instanceof Refusal
          ? status.UNIMPLEMENTED
          : status.UNKNOWN;
    return Object.assign(new Error(message), { code, details: message, metadata });
}

/** A call of the protocol that this plugin does not support. */
export class Refusal extends UnikernelError {
    constructor(summary: string, hint?: string) {
        super("unsupported", summary, { hint });
    }
}

/** Return google.rpc.Status for a trailer, as in gRPC's richer error model. */
function detailsOf({ id, properties, reasons, inputs, secrets, message }: InitFailed): Buffer {
    const failed = new ErrorResourceInitFailed()
        .setId(id)
        .setReasonsList(reasons)
        .setProperties(encode(properties, secrets))
        .setInputs(encode(inputs, secrets));
    const any = new Any();
    any.pack(failed.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
    const details = new Status().setCode(status.UNKNOWN).setMessage(message);
    details.addDetails(any);
    return Buffer.from(details.serializeBinary());
}
