import { request } from "node:http";

import type { Attempt } from "./probe";

/** Return an attempt that succeeds with any HTTP status from 200 to 399. */
export function httpAttempt(path: string): Attempt {
    return {
        takes: 0,
        run: async ({ address, port }, connect) => {
            const { socket, signal } = await connect();
            try {
                return await new Promise((resolve) => {
                    const asked = request({
                        host: address,
                        port,
                        path,
                        signal,
                        headers: { connection: "close" },
                        createConnection: () => socket,
                    });
                    asked.on("response", (response) => {
                        response.resume();
                        const { statusCode = 0 } = response;
                        resolve(statusCode >= 200 && statusCode < 400 ? undefined : `HTTP ${statusCode}`);
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
