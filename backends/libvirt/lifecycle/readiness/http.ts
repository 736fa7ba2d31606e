import { type IncomingMessage, request } from "node:http";

import { type HttpReadiness, printable } from "../../../../model";
import { GuestPattern } from "./pattern";
import type { Attempt } from "./probe";

/** Bytes of an answer's body that are read. */
const BODY_BYTES = 64 * 1024;
/** Characters of a body that an error shows. */
const SHOWN = 80;

/**
 * Return an attempt that succeeds with the expected answer.
 * It throws a UnikernelError for a pattern that cannot be decided: no later answer helps.
 */
export function httpAttempt({ path, status, body, host }: HttpReadiness): Attempt {
    const pattern =
        body === undefined ? undefined : new GuestPattern(body, { property: "readiness.http.body", name: "body" });
    const judge = async (response: IncomingMessage): Promise<string | undefined> => {
        const { statusCode = 0 } = response;
        if (!isExpected(statusCode, status)) return `HTTP ${statusCode} instead of ${statusText(status)}`;
        if (!pattern) return undefined;
        const text = await beginning(response);
        if (pattern.matches(text)) return undefined;
        const begins = printable(text.slice(0, SHOWN));
        return `HTTP ${statusCode} with a body that does not match /${body}/: ${begins === "" ? "it is empty" : JSON.stringify(begins)}`;
    };
    return {
        takes: 0,
        run: async ({ address, port }, connect) => {
            const { socket, signal } = await connect();
            try {
                return await new Promise((resolve, reject) => {
                    const asked = request({
                        host: address,
                        port,
                        path,
                        signal,
                        headers: { connection: "close", ...(host === undefined ? {} : { host }) },
                        createConnection: () => socket,
                    });
                    asked.on("response", (response) => {
                        judge(response).then(resolve, (error: unknown) => {
                            if (signal.aborted) resolve("no answer");
                            else reject(error as Error);
                        });
                    });
                    asked.on("error", (error) => {
                        resolve(signal.aborted ? "no answer" : error.message);
                    });
                    asked.end();
                });
            } finally {
                socket.destroy();
            }
        },
    };
}

function isExpected(found: number, expected: HttpReadiness["status"]): boolean {
    return expected === undefined ? found >= 200 && found < 400 : [expected].flat().includes(found);
}

function statusText(expected: HttpReadiness["status"]): string {
    return expected === undefined ? "200–399" : [expected].flat().join(" or ");
}

/** Return the first bytes of a body as text. */
async function beginning(response: IncomingMessage): Promise<string> {
    const pieces: Buffer[] = [];
    let size = 0;
    for await (const piece of response as AsyncIterable<Buffer>) {
        pieces.push(piece);
        size += piece.length;
        if (size >= BODY_BYTES) break;
    }
    return Buffer.concat(pieces).subarray(0, BODY_BYTES).toString("utf8");
}

/** Return what an answer must be like, for messages. */
export function describeHttp({ port, path, status, body, host }: HttpReadiness): string {
    return [
        `HTTP on port ${port}, path ${path}`,
        ...(host === undefined ? [] : [`host ${host}`]),
        ...(status === undefined ? [] : [`status ${statusText(status)}`]),
        ...(body === undefined ? [] : [`body /${body}/`]),
    ].join(", ");
}
