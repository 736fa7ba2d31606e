import { parseArgs } from "node:util";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { doctor } from "./doctor";

export const USAGE = `Usage: pulumi-unikernel COMMAND [OPTIONS]

Commands:
  doctor               say whether \`pulumi up\` would work here, and what mends what would not

Options of doctor:
  --connection URI     libvirt connection (default: qemu:///system as root, else qemu:///session)
  --json               one JSON document in place of lines

Other options:
  --help               this text
  --version            the version of this package

Ends with 0 when \`pulumi up\` would work, 1 when it would not, 2 when the command line is wrong.
`;

/** The streams that a command writes to. */
export interface Streams {
    out(text: string): void;
    error(text: string): void;
}

const standard: Streams = { out: (text) => process.stdout.write(text), error: (text) => process.stderr.write(text) };

/** Runs one command line (without node and script) and returns its exit code. */
export async function run(argv: string[], streams: Streams = standard, commands = { doctor }): Promise<number> {
    const wrong = (why: string) => { streams.error(`${why}\n\n${USAGE}`); return 2; };
    let parsed;
    try {
        parsed = parse(argv);
    } catch (error) {
        return wrong(error instanceof Error ? error.message : String(error));
    }
    const { values: { help, version, connection, json }, positionals: [command, ...rest] } = parsed;
    if (help) { streams.out(USAGE); return 0; }
    if (version) { streams.out(`${packageVersion()}\n`); return 0; }
    if (command === undefined) return wrong("No command given.");
    if (command !== "doctor") return wrong(`There is no command "${command}".`);
    if (rest.length > 0) return wrong(`"${rest[0]}" is one argument too many.`);
    return await commands.doctor({ connection, json, print: (text) => streams.out(`${text}\n`) }) ? 0 : 1;
}

function parse(args: string[]) {
    return parseArgs({
        args, allowPositionals: true, strict: true,
        options: {
            connection: { type: "string" },
            json: { type: "boolean" },
            help: { type: "boolean", short: "h" },
            version: { type: "boolean" },
        },
    });
}

/** The nearest package.json upwards: the sources lie one folder nearer to it than what is built from them. */
function packageVersion(from: string = __dirname): string {
    for (let folder = from; folder !== dirname(folder); folder = dirname(folder)) {
        try {
            return (JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string }).version;
        } catch { /* not here: one up */ }
    }
    return "unknown";
}
