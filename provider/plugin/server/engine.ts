import { credentials, Metadata } from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";

/** Writes to a resource's row in the engine's display. */
export interface Engine {
    /** Show a line that stays, as an entry of the list of messages. */
    say(urn: string, message: string): Promise<void>;
    /** Show a handler's message by its form: a progress line is replaced by the next one, a warning is highlighted. */
    report(urn: string, message: string): Promise<void>;
    close(): void;
}

/** Percentages and waits, which are of no interest afterwards. */
const PROGRESS = /\d+ of \d+ MiB$|: waiting for |: copied \d+ MiB/;
const WARNING = "warning: ";
/** Limit for one message: display must not delay work. */
const PATIENCE_MS = 2000;

/** @param address of the engine's own service; without one, messages go to standard error */
export function connectEngine(address: string | undefined): Engine {
    if (!address) return silent;
    const client = new EngineClient(address, credentials.createInsecure());
    const log = (urn: string, message: string, severity: LogSeverity, ephemeral: boolean): Promise<void> =>
        new Promise((resolve) => {
            const request = new LogRequest()
                .setUrn(urn)
                .setMessage(message)
                .setSeverity(severity)
                .setEphemeral(ephemeral);
            // A lost message does not affect the operation.
            client.log(request, new Metadata(), { deadline: Date.now() + PATIENCE_MS }, () => {
                resolve();
            });
        });
    return {
        say: (urn, message) => log(urn, message, LogSeverity.INFO, false),
        report: (urn, message) =>
            message.startsWith(WARNING)
                ? log(urn, message.slice(WARNING.length), LogSeverity.WARNING, false)
                : log(urn, message, LogSeverity.INFO, PROGRESS.test(message)),
        close: () => {
            client.close();
        },
    };
}

const write = (urn: string, message: string): Promise<void> => {
    console.error(urn ? `${urn}: ${message}` : message);
    return Promise.resolve();
};
const silent: Engine = { say: write, report: write, close: () => undefined };
