import { openSvg, writeSvg } from "./svg";

/** One bar of a group. */
export interface Bar {
    name: string;
    value: number;
    /** The value as people read it: `3.21 s`. */
    text: string;
    /** Draw it in the colour of this package. */
    ours: boolean;
}

/** Bars of one unit, drawn to one scale. */
export interface Group {
    title: string;
    /** The measured ratio and its limit. */
    note: string;
    /** Draw the note in the colour of a miss. */
    missed: boolean;
    bars: Bar[];
}

const WIDTH = 760;
const MARGIN = 16;
/** Where bars begin, and the room for their values at the right. */
const LABELS = 190;
const VALUES = 90;
const TITLE = 26;
const ROW = 18;
const GAP = 14;

/** GitHub's colours of text and background, which is transparent here; a picture in a page cannot inherit them. */
const STYLE = `
text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600; font-size: 13px }
.end { text-anchor: end }
.missed { fill: #cf222e }
.bar { fill: #8c959f }
.ours { fill: #0969da }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.missed { fill: #ff7b72 }
.bar { fill: #6e7681 }
.ours { fill: #58a6ff }
}
`;

const round = (value: number) => String(Math.round(value * 10) / 10);

/** Draw groups of horizontal bars as SVG. */
export function renderChart(title: string, groups: readonly Group[]): string {
    const heights = groups.map(({ bars }) => TITLE + bars.length * ROW + GAP);
    const height = heights.reduce((sum, one) => sum + one, 2 * MARGIN);
    const svg = openSvg(title, WIDTH, height, STYLE);
    const text = (className: string, x: number, y: number, content: string) =>
        svg.ele("text", { ...(className ? { class: className } : {}), x: round(x), y: round(y) }).txt(content);
    let top = MARGIN;
    groups.forEach((group, index) => {
        text("title", MARGIN, top + 14, group.title);
        text(group.missed ? "end missed" : "end", WIDTH - MARGIN, top + 14, group.note);
        const most = Math.max(...group.bars.map(({ value }) => value), Number.MIN_VALUE);
        group.bars.forEach((bar, row) => {
            const y = top + TITLE + row * ROW;
            const length = Math.max(1, (bar.value / most) * (WIDTH - LABELS - VALUES - MARGIN));
            text("end", LABELS - 8, y + 11, bar.name);
            svg.ele("rect", {
                class: bar.ours ? "ours" : "bar",
                x: round(LABELS),
                y: round(y),
                width: round(length),
                height: String(ROW - 5),
            });
            text("", LABELS + length + 6, y + 11, bar.text);
        });
        top += heights[index] ?? 0;
    });
    return writeSvg(svg);
}
