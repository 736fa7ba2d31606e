import { credentials, Metadata } from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";

/** What the engine shows on a resource's row. */
export interface Engine {
    /** A line that stays: one of its own in the list of messages. */
    say(urn: string, message: string): Promise<void>;
    /** What a handler has to say, by its form: progress is overwritten by what comes next, a warning stands out. */
    report(urn: string, message: string): Promise<void>;
    close(): void;
}

/** Percentages and waits; nobody reads them when they are over. */
const PROGRESS = /\d+ of \d+ MiB$|: waiting for |: copied \d+ MiB/;
const WARNING = "warning: ";
/** A person's terminal is not worth waiting for. */
const PATIENCE_MS = 2000;

/** @param address of the engine's own service; without one, what there is to say goes to standard error */
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
            // Whether it was heard changes nothing of what was done.
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
