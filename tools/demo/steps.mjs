// The output of a demo: numbered steps with their time, and claims that end it when they do not hold.
import { performance } from "node:perf_hooks";

let number = 0;

/**
 * Announces a step, does it, and prints how long it took.
 * @template T
 * @param {string} title
 * @param {() => T | Promise<T>} work
 */
export async function step(title, work) {
    const started = performance.now();
    console.log(`\n── ${++number}. ${title}`);
    const result = await work();
    console.log(`   (${((performance.now() - started) / 1000).toFixed(1)} s)`);
    return result;
}

/**
 * Prints a claim; throws when it does not hold.
 * @param {boolean} holds
 * @param {string} what
 */
export function claim(holds, what, found = "") {
    if (!holds) throw new Error(`not so: ${what}${found ? `\n  found: ${found}` : ""}`);
    console.log(`   ✓ ${what}`);
}

/**
 * The page at a URL; throws on anything but 200.
 * @param {string} url
 */
export async function page(url) {
    const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) });
    if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
    return answer.text();
}
