// Writes the consequence table of each backend into docs/unikernel.md; `--check` only compares.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";

const { backends } = createRequire(import.meta.url)("../dist/backends/index.js");
const page = new URL("../docs/unikernel.md", import.meta.url);
const text = readFileSync(page, "utf8");

const table = (consequences) =>
    [
        "| property | consequence | |",
        "| --- | --- | --- |",
        ...Object.entries(consequences).map(
            ([property, { consequence, refine, why }]) =>
                `| \`${property}\` | ${consequence}${refine ? ", by the values" : ""} | ${why} |`,
        ),
    ].join("\n");

const wanted = text.replace(
    /(<!-- consequences:(\w+) -->\n)[^]*?(<!-- \/consequences -->)/g,
    (_, open, platform, close) => {
        const backend = Object.values(backends).find((one) => one.platform === platform);
        return `${open}${table(backend.consequences)}\n${close}`;
    },
);

if (process.argv.includes("--check")) {
    if (wanted !== text) {
        console.error("docs/unikernel.md is behind the consequence tables: run `node tools/docs.mjs`");
        process.exitCode = 1;
    }
} else {
    writeFileSync(page, wanted);
}
