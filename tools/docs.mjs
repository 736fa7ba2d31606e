// `node tools/docs.mjs`: writes the tables of arguments and of consequences into the docs; `--check` only compares.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";

/** @typedef {import("../model/arguments/index.ts").Row} Row */
/** @typedef {[property: string, consequence: import("../backends/index.ts").PropertyConsequence]} Consequence */

const require = createRequire(import.meta.url);

// Node 20 cannot read TypeScript by itself.
require("../tests/support/typescript.cjs");
const { backends } = require("../backends/index.ts");
const {
    blockImageRows,
    defaultOf,
    interfaceRows,
    mediumRows,
    networkRows,
    unikernelRows,
} = require("../model/arguments/index.ts");
const { jsonOf } = require("./schema/types.ts");

const PAGES = ["unikernel", "images", "network", "network-interface", "iso"].map(
    (page) => new URL(`../docs/${page}.md`, import.meta.url),
);

const guestRows = Object.fromEntries(Object.entries(unikernelRows).filter(([name]) => !(name in mediumRows)));
/**
 * Of each resource: its rows, and the heading of the last column.
 * @type {Record<string, [rows: Record<string, Row>, last: string]>}
 */
const ARGUMENTS = {
    unikernel: [guestRows, ""],
    medium: [mediumRows, "a change is"],
    blockImage: [blockImageRows, "when it changes"],
    networkInterface: [interfaceRows, "changed"],
    network: [networkRows, "changed"],
};

/** @param {(string | undefined)[]} cells */
const line = (cells) => `|${cells.map((cell) => (cell ? ` ${cell} ` : " ")).join("|")}|`;
/**
 * @param {string[]} head
 * @param {(string | undefined)[][]} lines
 */
const table = (head, lines) => [line(head), line(head.map(() => "---")), ...lines.map(line)].join("\n");

/** @param {string} key */
function argumentTable(key) {
    const [rows, last] = known(ARGUMENTS[key], key);
    const written = Object.entries(rows).filter(([, row]) => !row.private);
    return table(
        ["argument", "unit or values", "default", last],
        written.map(([name, row]) => {
            const { type, items, enum: values = [] } = jsonOf(row.shape);
            const unit = type === "boolean" ? type : values.map(code).join(", ");
            return [
                code(items?.type === "object" ? `${name}[]` : name),
                row.docs?.unit ?? unit,
                row.docs?.default ?? defaultCell(row),
                row.docs?.about,
            ];
        }),
    );
}

/** @param {Row} row */
function defaultCell(row) {
    const value = defaultOf(row);
    if (value === undefined) return row.default ?? "–";
    return typeof value === "number" ? String(value) : code(typeof value === "string" ? value : JSON.stringify(value));
}

/**
 * The arguments that only a medium has are on its own page.
 * @param {Consequence} row
 */
const isPrinted = ([property, { unsupported }]) => !unsupported || !(property in mediumRows);

/**
 * In the order of the arguments; a property that is none of them comes first.
 * @param {Consequence} row
 */
const place = ([property]) => Object.keys(unikernelRows).indexOf(property.split(/[.[]/)[0] ?? "");
/**
 * @param {Consequence} one
 * @param {Consequence} other
 */
const asArguments = (one, other) => place(one) - place(other);

/** @param {string} platform */
function consequenceTable(platform) {
    const backend = Object.values(backends).find((one) => one.platform === platform);
    const { consequences } = known(backend, platform);
    return table(
        ["property", "consequence", ""],
        Object.entries(consequences)
            .filter(isPrinted)
            .sort(asArguments)
            .map(([property, { consequence, refine, why }]) => [
                code(property),
                `${consequence}${refine ? ", by the values" : ""}`,
                why,
            ]),
    );
}

/** @param {string} text */
const code = (text) => `\`${text}\``;
/** @type {Record<string, (key: string) => string>} */
const TABLES = { arguments: argumentTable, consequences: consequenceTable };

/**
 * @template T
 * @param {T | undefined} value
 * @param {string} name
 */
function known(value, name) {
    if (value === undefined)
        throw new Error(`found ${name} in the marker of a table; expected one that tools/docs.mjs knows`);
    return value;
}

for (const page of PAGES) {
    const text = readFileSync(page, "utf8");
    const wanted = text.replace(
        /(<!-- (arguments|consequences):(\w+) -->\n)[^]*?(<!-- \/\2 -->)/g,
        (_, open, kind, key, close) => `${open}${known(TABLES[kind], kind)(key)}\n${close}`,
    );
    if (wanted === text) continue;
    if (process.argv.includes("--check")) {
        console.error(`${page.pathname}: its tables differ from their sources: run \`node tools/docs.mjs\``);
        process.exitCode = 1;
    } else writeFileSync(page, wanted);
}
