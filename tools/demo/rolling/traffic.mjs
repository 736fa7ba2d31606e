// The load generator as the demo sees it: what was answered since when.
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** @typedef {{ at: number, ms: number, method: "GET" | "POST", status: number, guests: number, error?: string }} Answer */
/** @typedef {{ gets: number, failedGets: number, posts: number, failedPosts: number, retries: number, longest: number }} Sum `longest`: milliseconds until the slowest GET was answered */

const program = join(import.meta.dirname, "load.mjs");

/** @param {Answer} answer */
export const failed = ({ status }) => status < 200 || status > 299;

/**
 * @param {readonly Answer[]} answers
 * @returns {Sum}
 */
export function sumOf(answers) {
    const gets = answers.filter(({ method }) => method === "GET");
    const posts = answers.filter(({ method }) => method === "POST");
    return {
        gets: gets.length,
        failedGets: gets.filter(failed).length,
        posts: posts.length,
        failedPosts: posts.filter(failed).length,
        longest: gets.reduce((most, { ms }) => Math.max(most, ms), 0),
        retries: answers.reduce((sum, { guests }) => sum + Math.max(0, guests - 1), 0),
    };
}

/** @param {Sum} sum */
export const wordsOf = ({ gets, failedGets, posts, failedPosts, retries, longest }) =>
    `${gets} GET, ${failedGets} failed, the slowest in ${(longest / 1000).toFixed(1)} s; ${posts} POST, ${failedPosts} failed; the balancer tried another guest ${retries} times`;

/**
 * @param {string[]} enter
 * @param {string} url
 * @param {string} file
 */
export function startTraffic([command = "", ...words], url, file) {
    const child = spawn(command, [...words, process.execPath, program, url, file], {
        stdio: ["ignore", "inherit", "inherit"],
    });
    const ended = new Promise((resolve) => child.once("close", resolve));
    /** @returns {Promise<Answer[]>} */
    const answers = async () => {
        const lines = (await readFile(file, "utf8").catch(() => "")).split("\n");
        // The last one may be written just now.
        return lines.slice(0, -1).map((line) => JSON.parse(line));
    };
    return {
        answers,
        /** @param {number} from @param {number} [to] milliseconds since the epoch */
        between: async (from, to = Date.now()) =>
            (await answers()).filter(({ at, ms }) => at + ms >= from && at + ms <= to),
        stop: async () => {
            child.kill("SIGTERM");
            await ended;
        },
    };
}
