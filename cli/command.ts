import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { console } from "./console";
import { convert } from "./convert";
import { doctor } from "./doctor";
import { secondsSince } from "./duration";
import { events } from "./events";
import { logs } from "./logs";
import { ls } from "./ls";
import { selftest } from "./selftest";
import { sweep } from "./sweep";
import { type Streams, standard } from "./terminal";

const EXIT_CODES = `
Ends with 0 when \`pulumi up\` would work (sweep: when all that was to be removed is gone; selftest: when all held;
ls: when every host answered; logs: when the guest was found; console: when it was detached;
convert: when all of the line was converted), 1 when not, 2 when the command line is wrong.
`;

const commandsOfThisRelease = { doctor, sweep, selftest, ls, logs, events, console, convert };
type Commands = typeof commandsOfThisRelease;

/** Run one command line (without node and script) and return its exit code. */
export async function run(
    argv: string[],
    streams: Streams = standard,
    commands: Partial<Commands> = {},
): Promise<number> {
    let code = 0;
    const program = programOf(streams, { ...commandsOfThisRelease, ...commands }, (ended) => {
        code = ended;
    });
    try {
        await program.parseAsync(argv, { from: "user" });
        return code;
    } catch (error) {
        if (!(error instanceof CommanderError)) throw error;
        return error.exitCode === 0 ? 0 : 2;
    }
}

/** @param end takes the exit code of the command that ran */
function programOf(streams: Streams, commands: Commands, end: (code: number) => void): Command {
    const print = (text: string): void => {
        streams.out(`${text}\n`);
    };
    const program = new Command("pulumi-unikernel")
        .version(packageVersion(), "--version", "the version of this package")
        .helpOption("-h, --help", "this text")
        .helpCommand(false)
        .showHelpAfterError()
        .exitOverride()
        .configureOutput({ writeOut: streams.out, writeErr: streams.error })
        .addHelpText("after", EXIT_CODES);

    command(program, "doctor")
        .description("check whether `pulumi up` would work here, and print the command that fixes each problem")
        .addOption(oneConnection())
        .addOption(json())
        .action(async ({ connection, json }) => end((await commands.doctor({ connection, json, print })) ? 0 : 1));

    command(program, "sweep")
        .description("list objects on a host that carry this package's mark and belong to no given state")
        .addOption(oneConnection())
        .option(
            "--state <file>",
            "what `pulumi stack export` wrote; more than once for more stacks (PROJECT/STACK=FILE of a stack without resources)",
            collected,
        )
        .addOption(new Option("--dry-run", "remove nothing (the default)").conflicts("yes"))
        .option("--yes", "remove what killed creates of the stacks with a --state left")
        .option("--delete-data", "with --yes: remove persist disks too")
        .addOption(json())
        .action(async ({ connection, json, state, yes, deleteData }, self: Command) => {
            if (yes && !state)
                self.error("--yes needs --state FILE: it removes only what belongs to stacks whose state is given.");
            if (deleteData && !yes) self.error("--delete-data needs --yes.");
            end((await commands.sweep({ connection, state, yes, deleteData, json, print })) ? 0 : 1);
        });

    command(program, "selftest")
        .description("create throwaway guests on a host, kill their deployments at every step, and report what held")
        .addOption(oneConnection())
        .addOption(new Option("--accelerator <name>", "on a KVM host (default: auto)").choices(["auto", "kvm", "tcg"]))
        .option("--kills <n>", "kills of each operation (default: at every step)", count)
        .addOption(json())
        .action(async ({ connection, json, accelerator, kills }) => {
            const say = (text: string): void => {
                streams.error(`${text}\n`);
            };
            end(await commands.selftest({ connection, json, accelerator, kills, print, say }));
        });

    command(program, "ls")
        .description("list guests: name, state, host, uptime, addresses, memory, last change and its consequence")
        .addOption(stack())
        .addOption(connections())
        .addOption(json())
        .action(async ({ connection, stack, json }) =>
            end((await commands.ls({ connection, stack, json }, streams)) ? 0 : 1),
        );

    command(program, "logs")
        .argument("<name>", GUEST)
        .description("print what a guest has printed since its last start")
        .option("-f, --follow", "go on as it prints, over restarts")
        .option(
            "--since <time>",
            "leave out files to which it has not printed since: 90s, 10m, 2h, 3d, or a date",
            since,
        )
        .addOption(
            new Option("--boot <n>", "0: since its last start (the default); -1: the boot before").choices(["0", "-1"]),
        )
        .addOption(stack())
        .addOption(connections())
        .addOption(json())
        .action(async (name, { boot, ...options }, self: Command) => {
            if (boot === "-1" && options.follow) self.error("--follow and --boot -1 exclude each other.");
            end(await commands.logs({ name, ...options, boot: boot === "-1" ? -1 : 0 }, streams));
        });

    command(program, "events")
        .description("print what happened last to each guest; with --follow, what happens from now on")
        .option("-f, --follow", "go on as things happen, until Ctrl-C")
        .addOption(stack())
        .addOption(connections())
        .addOption(json())
        .action(async (options) => end(await commands.events(options, streams)));

    command(program, "console")
        .argument("<name>", GUEST)
        .description("attach this terminal to a guest's console; Ctrl-] detaches")
        .option("--force", "take it from another program that has it open")
        .addOption(stack())
        .addOption(connections())
        .action(async (name, options) => end(await commands.console({ name, ...options }, streams)));

    command(program, "convert")
        .argument(
            "<line...>",
            "behind `--`: rumprun, kraft run, solo5-…, qemu-system-x86_64 -kernel or virt-install --boot kernel=",
        )
        .usage("[--yaml] -- <line...>")
        .description(
            "print the program that declares the guest of another tool's line; nothing is run, read or written",
        )
        .option("--yaml", "a Pulumi YAML program in place of a TypeScript one")
        .allowExcessArguments()
        .action((line, { yaml }) => end(commands.convert({ line, yaml }, streams)));

    return program;
}

function command(program: Command, name: string): Command {
    return program.command(name).helpOption("-h, --help", "this text").allowExcessArguments(false);
}

const GUEST = "the guest: its domain's name, its uuid, or with --stack its name in the program";
const DEFAULT_CONNECTION = "default: qemu:///system as root, else qemu:///session";
const oneConnection = (): Option => new Option("--connection <uri>", `libvirt connection (${DEFAULT_CONNECTION})`);
const connections = (): Option =>
    new Option(
        "--connection <uri>",
        `libvirt connection of a host; more than once for more hosts (${DEFAULT_CONNECTION}; with --stack: those of its guests)`,
    ).argParser(collected);
const stack = (): Option =>
    new Option("--stack <name>", "the guests of this stack, on all their hosts, as `pulumi stack export` names them");
const json = (): Option => new Option("--json", "one JSON document in place of lines");

function collected(value: string, before: string[] = []): string[] {
    return [...before, value];
}

function since(text: string): number {
    try {
        return secondsSince(text);
    } catch (error) {
        throw new InvalidArgumentError((error as Error).message);
    }
}

function count(text: string): number {
    if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError("Expected a number from 1 to 9999.");
    return Number(text);
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
