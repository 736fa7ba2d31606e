import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import type { Accelerator } from "../model";
import { doctor } from "./doctor";
import { selftest } from "./selftest";
import { sweep } from "./sweep";

export const USAGE = `Usage: pulumi-unikernel COMMAND [OPTIONS]

Commands:
  doctor               check whether \`pulumi up\` would work here, and print the command that fixes each problem
  sweep                list objects on a host that carry this package's mark and belong to no given state
  selftest             create throwaway guests on a host, kill their deployments at every step, and report what held

Options of doctor, sweep and selftest:
  --connection URI     libvirt connection (default: qemu:///system as root, else qemu:///session)
  --json               one JSON document in place of lines

Options of sweep:
  --state FILE         what \`pulumi stack export\` wrote; more than once for more stacks (PROJECT/STACK=FILE of a stack without resources)
  --dry-run            remove nothing (the default)
  --yes                remove what killed creates of the stacks with a --state left
  --delete-data        with --yes: remove persist disks too

Options of selftest:
  --accelerator NAME   auto, kvm or tcg, on a KVM host (default: auto)
  --kills N            kills of each operation (default: at every step)

Other options:
  --help               this text
  --version            the version of this package

Ends with 0 when \`pulumi up\` would work (sweep: when all that was to be removed is gone; selftest: when all held), 1 when not, 2 when the command line is wrong.
`;

/** The streams that a command writes to. */
export interface Streams {
    out(text: string): void;
    error(text: string): void;
}

const standard: Streams = { out: (text) => process.stdout.write(text), error: (text) => process.stderr.write(text) };

interface Commands {
    doctor: typeof doctor;
    sweep?: typeof sweep;
    selftest?: typeof selftest;
}

/** Run one command line (without node and script) and return its exit code. */
export async function run(
    argv: string[],
    streams: Streams = standard,
    commands: Commands = { doctor, sweep, selftest },
): Promise<number> {
    const wrong = (why: string) => {
        streams.error(`${why}\n\n${USAGE}`);
        return 2;
    };
    let parsed: ReturnType<typeof parse>;
    try {
        parsed = parse(argv);
    } catch (error) {
        return wrong(error instanceof Error ? error.message : String(error));
    }
    const {
        values: { help, version, connection, json, ...own },
        positionals: [command, ...rest],
    } = parsed;
    if (help) {
        streams.out(USAGE);
        return 0;
    }
    if (version) {
        streams.out(`${packageVersion()}\n`);
        return 0;
    }
    if (command === undefined) return wrong("No command given.");
    if (!isCommand(command)) return wrong(`There is no command "${command}".`);
    if (rest.length > 0) return wrong(`"${rest[0]}" is one argument too many.`);
    const other = Object.keys(own).find((name) => !OPTIONS[command].includes(name));
    if (other !== undefined) return wrong(`--${other} is no option of ${command}.`);
    const print = (text: string): void => {
        streams.out(`${text}\n`);
    };
    if (command === "doctor") return (await commands.doctor({ connection, json, print })) ? 0 : 1;
    if (command === "sweep") {
        const { state, yes, "dry-run": dryRun, "delete-data": deleteData } = own;
        if (yes && dryRun) return wrong("--yes and --dry-run exclude each other.");
        if (yes && !state?.length)
            return wrong("--yes needs --state FILE: it removes only what belongs to stacks whose state is given.");
        if (deleteData && !yes) return wrong("--delete-data needs --yes.");
        return (await (commands.sweep ?? sweep)({ connection, state, yes, deleteData, json, print })) ? 0 : 1;
    }
    const { accelerator, kills } = own;
    if (accelerator !== undefined && !isAccelerator(accelerator))
        return wrong(`--accelerator "${accelerator}": expected auto, kvm or tcg.`);
    if (kills !== undefined && !/^[1-9]\d{0,3}$/.test(kills))
        return wrong(`--kills "${kills}": expected a number from 1 to 9999.`);
    const say = (text: string): void => {
        streams.error(`${text}\n`);
    };
    return (commands.selftest ?? selftest)({
        connection,
        json,
        accelerator,
        kills: kills === undefined ? undefined : Number(kills),
        print,
        say,
    });
}

/** The options of each command, in addition to --connection and --json. */
const OPTIONS = {
    doctor: [] as string[],
    sweep: ["state", "yes", "dry-run", "delete-data"],
    selftest: ["accelerator", "kills"],
};

function isCommand(text: string): text is keyof typeof OPTIONS {
    return Object.hasOwn(OPTIONS, text);
}

function isAccelerator(text: string): text is Accelerator {
    return ["auto", "kvm", "tcg"].includes(text);
}

function parse(args: string[]) {
    return parseArgs({
        args,
        allowPositionals: true,
        strict: true,
        options: {
            connection: { type: "string" },
            json: { type: "boolean" },
            state: { type: "string", multiple: true },
            yes: { type: "boolean" },
            "dry-run": { type: "boolean" },
            "delete-data": { type: "boolean" },
            accelerator: { type: "string" },
            kills: { type: "string" },
            help: { type: "boolean", short: "h" },
            version: { type: "boolean" },
        },
    });
}

/** Return the version in the nearest package.json above. Sources are one folder nearer to it than compiled files. */
function packageVersion(from: string = __dirname): string {
    for (let folder = from; folder !== dirname(folder); folder = dirname(folder)) {
        try {
            return (JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string }).version;
        } catch {
            /* not here: try the parent */
        }
    }
    return "unknown";
}
