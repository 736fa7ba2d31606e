// A program of its own, in the namespace of the demo: sends GET and POST to the balancer until SIGTERM, and writes one line for each answer.
//   node load.mjs URL FILE      ends with SIGTERM, at the latest after an hour
import { createWriteStream } from "node:fs";
import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** Requests under way at once, and the pause of each of them between two requests: bounded load. */
const CLIENTS = 4;
const PAUSE_MS = 100;
/** Every tenth request is a POST, which nginx does not send to a second guest. */
const POST_EACH = 10;
const LIMIT_MS = 15_000;
const LONGEST_MS = 60 * 60 * 1000;

const [url = "", file = ""] = process.argv.slice(2);
const out = createWriteStream(file);
const agent = new Agent({ keepAlive: false });
const end = AbortSignal.timeout(LONGEST_MS);
let stopped = false;
process.on("SIGTERM", () => (stopped = true));

/**
 * @param {"GET" | "POST"} method
 * @returns {Promise<{ status: number, guests: number, error?: string }>} `guests`: how many the balancer tried
 */
function once(method) {
    return new Promise((resolve) => {
        const path = method === "GET" ? "/" : "/post";
        const call = request(new URL(path, url), { method, agent, timeout: LIMIT_MS }, (answer) => {
            const tried = String(answer.headers["x-guests"] ?? "")
                .split(/[,:] /)
                .filter(Boolean).length;
            answer.resume();
            answer.on("end", () => resolve({ status: answer.statusCode ?? 0, guests: tried }));
            answer.on("error", (error) => resolve({ status: 0, guests: tried, error: error.message }));
        });
        call.on("timeout", () => call.destroy(new Error(`no answer in ${LIMIT_MS / 1000} s`)));
        call.on("error", (error) => resolve({ status: 0, guests: 0, error: error.message }));
        call.end(method === "POST" ? "hello" : undefined);
    });
}

let sent = 0;
const client = async () => {
    while (!stopped && !end.aborted) {
        const method = ++sent % POST_EACH === 0 ? "POST" : "GET";
        const at = Date.now();
        const answer = await once(method);
        out.write(`${JSON.stringify({ at, ms: Date.now() - at, method, ...answer })}\n`);
        await sleep(PAUSE_MS);
    }
};
await Promise.all(Array.from({ length: CLIENTS }, client));
out.end();
