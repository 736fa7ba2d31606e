import { writeFile } from "node:fs/promises";
import { availableParallelism, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { burn } from "./burn";
import { type ContentOptions, content } from "./content";
import { type DelayOptions, delay, delayXen } from "./delay";
import { type Figure, met, renderTable } from "./figure";
import { first200 } from "./first200";
import { fleet } from "./fleet";
import { growth } from "./growth";
import { growthQemu } from "./growthQemu";
import { image } from "./image";
import { media } from "./media";
import { type PeersOptions, peers } from "./peers";
import { losses } from "./peers/losses";
import { renderPicture } from "./picture";
import { Place } from "./place";
import { plugin } from "./plugin";
import { spans } from "./spans";
import { state } from "./state";
import { renderMarkdown, type Table } from "./table";
import { threeHosts } from "./threeHosts";
import { xen } from "./xen";

type Options = PeersOptions & ContentOptions & DelayOptions;
type Report = Figure[] | { figures: Figure[]; tables: Table[] };

/** Each part measures its own figures and can run alone. */
const parts: Record<string, (place: Place, options: Options) => Promise<Report>> = {
    fleet,
    spans,
    growth,
    "growth-qemu": growthQemu,
    "three-hosts": threeHosts,
    content,
    "first-200": first200,
    image,
    state,
    plugin,
    iso: media,
    burn,
    xen,
    delay,
    "delay-xen": delayXen,
    peers,
    losses,
};

const USAGE = `Usage: npm run bench [-- PART… ] [--json FILE] [--svg FILE] [--guests N]… [--runs N] [--delay N] [--former DIR]
Parts: ${Object.keys(parts).join(", ")} (default: all)
--guests: the fleets of the part peers (30)
--runs: how often the parts are measured that take turns with something (3, and spans 5)
--delay: the milliseconds by which answers are late in the parts delay and delay-xen (30)
--former: the part content creates its guests with the built checkout of another release, too
`;

/** Return a whole number from 1, as the command line has it. */
function count(text: string): number {
    if (!/^[1-9]\d{0,3}$/.test(text)) throw new Error(`"${text}" is no whole number from 1 to 9999.`);
    return Number(text);
}

/**
 * Measure, print the table, and write the figures as JSON if requested.
 * @returns exit code: 0 measured (including misses: this is no test), 1 a part could not be measured, 2 wrong arguments
 */
export async function main(argv: string[]): Promise<number> {
    let names: string[];
    let files: { json?: string; svg?: string };
    let options: Options;
    try {
        const { values, positionals } = parseArgs({
            args: argv,
            allowPositionals: true,
            options: {
                json: { type: "string" },
                svg: { type: "string" },
                guests: { type: "string", multiple: true, default: ["30"] },
                runs: { type: "string" },
                delay: { type: "string", default: "30" },
                former: { type: "string" },
                help: { type: "boolean", short: "h" },
            },
        });
        if (values.help) {
            process.stdout.write(USAGE);
            return 0;
        }
        names = positionals.length > 0 ? positionals : Object.keys(parts);
        files = values;
        options = {
            guests: values.guests.map(count),
            ...(values.runs === undefined ? {} : { runs: count(values.runs) }),
            delay: count(values.delay),
            former: values.former,
        };
        const unknown = names.find((name) => !(name in parts));
        if (unknown) throw new Error(`There is no part "${unknown}".`);
    } catch (error) {
        process.stderr.write(`${(error as Error).message}\n${USAGE}`);
        return 2;
    }
    const figures: Figure[] = [];
    const tables: Table[] = [];
    const failures: string[] = [];
    const log = (line: string) => process.stderr.write(`… ${line}\n`);
    const [load = 0] = loadavg();
    if (load > 1)
        log(
            `this machine is busy (load ${load.toFixed(1)} on ${availableParallelism()} processors): the ratios will say little`,
        );
    const place = await Place.make(log);
    try {
        for (const name of names) {
            await parts[name]?.(place, options).then(
                (found) => {
                    figures.push(...(Array.isArray(found) ? found : found.figures));
                    tables.push(...(Array.isArray(found) ? [] : found.tables));
                },
                (error: unknown) => {
                    failures.push(`${name}: ${(error as Error).message}`);
                },
            );
        }
    } finally {
        await place.close();
    }
    if (figures.length > 0) process.stdout.write(`${renderTable(figures)}\n`);
    for (const table of tables) process.stdout.write(`\n${renderMarkdown(table)}\n`);
    const document = {
        node: process.version,
        processors: availableParallelism(),
        load,
        figures: figures.map((figure) => ({ ...figure, met: met(figure) })),
        tables,
        failures,
    };
    if (files.json) await writeFile(files.json, `${JSON.stringify(document, null, 2)}\n`);
    if (files.svg) await writeFile(files.svg, renderPicture(figures));
    for (const failure of failures) process.stderr.write(`could not be measured: ${failure}\n`);
    return failures.length > 0 ? 1 : 0;
}
