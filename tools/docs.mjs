// Writes the tables of arguments and of consequences into the docs; `--check` only compares.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { jsonOf } from "./schema/types.mjs";

const require = createRequire(import.meta.url);
const { backends } = require("../dist/backends/index.js");
const {
    blockImageRows,
    defaultOf,
    interfaceRows,
    mediumRows,
    unikernelRows,
} = require("../dist/spec/arguments/index.js");

const PAGES = ["unikernel", "images", "network-interface", "iso"].map(
    (page) => new URL(`../docs/${page}.md`, import.meta.url),
);

const guestRows = Object.fromEntries(Object.entries(unikernelRows).filter(([name]) => !(name in mediumRows)));
/** Of each resource: its rows, and what the last column is called. */
const ARGUMENTS = {
    unikernel: [guestRows, ""],
    medium: [mediumRows, "a change is"],
    blockImage: [blockImageRows, "when it changes"],
    networkInterface: [interfaceRows, "changed"],
};

const line = (cells) => `|${cells.map((cell) => (cell ? ` ${cell} ` : " ")).join("|")}|`;
const table = (head, lines) => [line(head), line(head.map(() => "---")), ...lines.map(line)].join("\n");

function argumentTable(key) {
    const [rows, last] = ARGUMENTS[key];
    const written = Object.entries(rows).filter(([, row]) => !row.private);
    return table(
        ["argument", "unit or values", "default", last],
        written.map(([name, row]) => {
            const { type, items, enum: values = [] } = jsonOf(row.shape);
            const unit = type === "boolean" ? type : values.map(code).join(", ");
            return [
                code(items?.type === "object" ? `${name}[]` : name),
                row.docs.unit ?? unit,
                row.docs.default ?? defaultCell(row),
                row.docs.about,
            ];
        }),
    );
}

function defaultCell(row) {
    const value = defaultOf(row);
    if (value === undefined) return row.default ?? "–";
    return typeof value === "number" ? String(value) : code(typeof value === "string" ? value : JSON.stringify(value));
}

/** What only a medium has stands on its own page. */
const isPrinted = ([property, { unsupported }]) => !unsupported || !(property in mediumRows);

/** In the order of the arguments; what is none comes first. */
const place = ([property]) => Object.keys(unikernelRows).indexOf(property.split(/[.[]/)[0]);
const asArguments = (one, other) => place(one) - place(other);

function consequenceTable(platform) {
    const { consequences } = Object.values(backends).find((one) => one.platform === platform);
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

const code = (text) => `\`${text}\``;
const TABLES = { arguments: argumentTable, consequences: consequenceTable };

for (const page of PAGES) {
    const text = readFileSync(page, "utf8");
    const wanted = text.replace(
        /(<!-- (arguments|consequences):(\w+) -->\n)[^]*?(<!-- \/\2 -->)/g,
        (_, open, kind, key, close) => `${open}${TABLES[kind](key)}\n${close}`,
    );
    if (wanted === text) continue;
    if (process.argv.includes("--check")) {
        console.error(`${page.pathname} is behind what its tables are made from: run \`node tools/docs.mjs\``);
        process.exitCode = 1;
    } else writeFileSync(page, wanted);
}
