// The run as a picture: requests, retries and failures of each second, the guests that run, and the steps.
import { createRequire } from "node:module";
import { failed } from "./traffic.mjs";

const require = createRequire(import.meta.url);

/** @typedef {import("./traffic.mjs").Answer} Answer */
/** @typedef {import("./census.mjs").Sample} Sample */
/** @typedef {{ at: number, text: string }} Mark */
/** @typedef {{ title: string, className: string, points: [x: number, y: number][] }} Lane */

const WIDTH = 900;
const LEFT = 150;
const RIGHT = 20;
const LANE = 70;
const GAP = 22;
const TOP = 20;
const MARKS = 130;

const STYLE = `
text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.end { text-anchor: end }
.axis, .mark { stroke: #d1d9e0; stroke-width: 1 }
.mark { stroke-dasharray: 3 3 }
.answered { fill: #8c959f }
.guests { fill: #0969da }
.retried { fill: #bf8700 }
.failed { fill: #cf222e }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.axis, .mark { stroke: #3d444d }
.guests { fill: #58a6ff }
.failed { fill: #ff7b72 }
}
`;

/**
 * Sum values of each second.
 * @template T
 * @param {readonly T[]} all
 * @param {number} from
 * @param {number} seconds
 * @param {(one: T) => number} at milliseconds since the epoch
 * @param {(one: T) => number} value
 */
function bySecond(all, from, seconds, at, value) {
    const sums = new Array(seconds).fill(0);
    for (const one of all) {
        const second = Math.floor((at(one) - from) / 1000);
        if (second >= 0 && second < seconds) sums[second] += value(one);
    }
    return sums;
}

/**
 * Draw a run as SVG.
 * @param {{ answers: readonly Answer[], samples: readonly Sample[], marks: readonly Mark[] }} run
 */
export function drawRun({ answers, samples, marks }) {
    // The pictures of `npm run bench` are TypeScript.
    require("../../../tests/support/typescript.cjs");
    /** @type {typeof import("../../../bench/svg.ts")} */
    const { openSvg, writeSvg } = require("../../../bench/svg.ts");
    const from = Math.min(...samples.map(({ at }) => at), ...marks.map(({ at }) => at));
    const to = Math.max(...samples.map(({ at }) => at), from + 1000);
    const seconds = Math.ceil((to - from) / 1000);
    const ended = (/** @type {Answer} */ { at, ms }) => at + ms;
    const running = bySecond(
        samples,
        from,
        seconds,
        ({ at }) => at,
        ({ running }) => running,
    );
    // A second without a sample has the count of the one before.
    for (const [index, count] of running.entries()) running[index] = count || running[index - 1] || 0;
    /** @type {[title: string, className: string, values: number[]][]} */
    const lanes = [
        ["guests that run", "guests", running],
        ["answers a second", "answered", bySecond(answers, from, seconds, ended, () => 1)],
        [
            "retries a second",
            "retried",
            bySecond(answers, from, seconds, ended, ({ guests }) => Math.max(0, guests - 1)),
        ],
        ["failed a second", "failed", bySecond(answers, from, seconds, ended, (one) => (failed(one) ? 1 : 0))],
    ];
    const height = TOP + lanes.length * (LANE + GAP) + MARKS;
    const x = (/** @type {number} */ second) => LEFT + (second / seconds) * (WIDTH - LEFT - RIGHT);
    const svg = openSvg("A fleet under load", WIDTH, height, STYLE);
    const bottom = TOP + lanes.length * (LANE + GAP);
    marks.forEach(({ at, text }, index) => {
        const place = x((at - from) / 1000).toFixed(1);
        svg.ele("line", { class: "mark", x1: place, x2: place, y1: String(TOP), y2: String(bottom) });
        // Near the right edge a text ends at its line.
        const side = Number(place) > WIDTH * 0.75 ? { class: "end" } : {};
        svg.ele("text", { ...side, x: place, y: String(bottom + 14 * (1 + (index % 8))) }).txt(text);
    });
    lanes.forEach(([title, className, values], index) => {
        const base = TOP + index * (LANE + GAP) + LANE;
        const most = Math.max(...values, 1);
        svg.ele("text", { class: "end", x: String(LEFT - 10), y: String(base - LANE / 2) }).txt(title);
        svg.ele("text", { class: "end", x: String(LEFT - 10), y: String(base - LANE / 2 + 16) }).txt(`most: ${most}`);
        svg.ele("line", {
            class: "axis",
            x1: String(LEFT),
            x2: String(WIDTH - RIGHT),
            y1: String(base),
            y2: String(base),
        });
        const steps = values.flatMap((value, second) => {
            const y = (base - (value / most) * LANE).toFixed(1);
            return [`${x(second).toFixed(1)},${y}`, `${x(second + 1).toFixed(1)},${y}`];
        });
        svg.ele("polygon", {
            class: className,
            points: [`${LEFT},${base}`, ...steps, `${WIDTH - RIGHT},${base}`].join(" "),
        });
    });
    return writeSvg(svg);
}
