import { get } from "node:http";
import { createServer } from "node:net";

/** Return a port of 127.0.0.1 on which no program listened a moment ago. */
export async function freePort(): Promise<number> {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const address = server.address();
    await new Promise((resolve) => server.close(resolve));
    return typeof address === "object" && address ? address.port : 0;
}

/**
 * Return the page at a URL; undefined when it does not answer with 200 in time. QEMU accepts at once, but the guest
 * answers later.
 */
export function getOnce(url: string, milliseconds: number): Promise<string | undefined> {
    return new Promise((resolve) => {
        const request = get(url, { timeout: milliseconds }, (response) => {
            let text = "";
            response.setEncoding("utf8").on("data", (chunk: string) => {
                text += chunk;
            });
            response
                .on("end", () => resolve(response.statusCode === 200 ? text : undefined))
                .on("error", () => resolve(undefined));
        });
        request.on("error", () => resolve(undefined)).on("timeout", () => request.destroy());
    });
}
