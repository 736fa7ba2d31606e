import { cp, mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { capture, type ExecResult } from "./processes";
import { PASSPHRASE, StackFiles } from "./stackFiles";
import { HANG_MS } from "./time";

const repository = path.resolve(__dirname, "../..");

/** A step of Pulumi's event log; only the fields that tests read. */
export interface StepEvent {
    op: string;
    urn: string;
    type: string;
    detailedDiff?: Record<string, { kind: string }> | null;
}

/** A provider's message on a resource's row. The next one replaces an ephemeral message. */
export interface Message {
    urn?: string;
    message: string;
    severity: string;
    ephemeral?: boolean;
}

/** The result of a run of `pulumi`. */
export interface Run {
    failed: boolean;
    /** Standard output and error in the order of arrival: what the user saw. */
    text: string;
    /**
     * Number of resources by operation, from the engine's summary: `{ create: 2, same: 1 }`. Empty when the run ended
     * before it.
     */
    changes: Record<string, number>;
    /** Every step that was planned or done, except those of the stack itself and of providers. */
    steps: StepEvent[];
    messages: Message[];
    seconds: number;
}

export interface RunOptions {
    /** The run is expected to fail; success is then an error. */
    fails?: boolean;
    args?: string[];
    env?: Record<string, string>;
    /** Milliseconds after which a run counts as hanging. @default 900_000 */
    timeout?: number;
}

export interface StackOptions {
    /** `host.enter` of a LibvirtHost: the program and its provider run in that host's network. */
    enter?: string[];
    env?: Record<string, string>;
    config?: Record<string, string>;
    /** `--parallel`. @default the engine's default */
    parallel?: number;
    /**
     * A folder of packages with an installed release (release.ts), which the program and the engine then use. @default
     * this repository
     */
    modules?: string;
    /** Leave the resources that the stack has at its end: its host ends soon, or removes them (`removeGuests`). */
    leave?: boolean;
}

/** A run in the background, to be killed or waited for. */
export interface RunningRun {
    pid: number;
    kill(signal: NodeJS.Signals): void;
    /** Resolves however the run ends. */
    ended: Promise<Run>;
}

export class EngineFailure extends Error {
    constructor(
        command: string,
        readonly run: Run,
        expected: string,
    ) {
        super(`pulumi ${command} ${run.failed ? "failed" : "succeeded"}, expected was ${expected}:\n${run.text}`);
        this.name = "EngineFailure";
    }
}

export class Stack {
    readonly files: StackFiles;
    private readonly env: Record<string, string>;
    private logs = 0;

    /** @param folder a private copy of the program, whose files tests may change */
    constructor(
        readonly folder: string,
        readonly name: string,
        private readonly scratch: string,
        searchPath: string,
        private readonly options: StackOptions,
    ) {
        const [home, state] = [path.join(scratch, "home"), path.join(scratch, "state")];
        this.files = new StackFiles(folder, home, state);
        this.env = {
            // Has the plugin, for programs that declare it.
            PATH: `${path.join(options.modules ? path.join(options.modules, "pulumi-unikernel") : repository, "bin")}${path.delimiter}${searchPath}`,
            PULUMI_HOME: home,
            // For the user's key file, so that tests never use the real one.
            XDG_DATA_HOME: path.join(scratch, "data"),
            PULUMI_BACKEND_URL: `file://${state}`,
            PULUMI_CONFIG_PASSPHRASE: PASSPHRASE,
            PULUMI_SKIP_UPDATE_CHECK: "true",
            // For --event-log.
            PULUMI_DEBUG_COMMANDS: "true",
            // Types are checked once for the whole repository, not in every run.
            PULUMI_NODEJS_TRANSPILE_ONLY: "true",
            ...options.env,
        };
    }

    up(options: RunOptions = {}): Promise<Run> {
        return this.run("up", ["--yes", "--skip-preview"], options);
    }
    preview(options: RunOptions = {}): Promise<Run> {
        return this.run("preview", ["--diff"], options);
    }
    refresh(options: RunOptions = {}): Promise<Run> {
        return this.run("refresh", ["--yes", "--skip-preview"], options);
    }
    destroy(options: RunOptions = {}): Promise<Run> {
        return this.run("destroy", ["--yes", "--skip-preview"], options);
    }

    /** Unlock the state after a killed run. */
    async cancel(): Promise<void> {
        await this.pulumi(["cancel", "--yes"]);
    }

    async config(key: string, value: string, { secret = false } = {}): Promise<void> {
        if (secret) await this.pulumi(["config", "set", key, value, "--secret"]);
        else await this.configure({ [key]: value });
    }

    /** Set several values that are no secrets. */
    async configure(config: Record<string, string>): Promise<void> {
        if (await this.files.configure(config)) return;
        const words = Object.entries(config).flatMap(([key, value]) => ["--plaintext", `${key}=${value}`]);
        await this.pulumi(["config", "set-all", ...words]);
    }

    async outputs<T = Record<string, unknown>>(): Promise<T> {
        const plain = await this.files.outputs();
        return (plain as T) ?? JSON.parse(await this.pulumi(["stack", "output", "--json", "--show-secrets"]));
    }

    /** Return the resources in state, as `pulumi stack export` prints them; secrets stay encrypted. */
    async exportState(): Promise<{ resources: StateResource[]; text: string }> {
        const state = await this.files.state();
        return {
            resources: (state.deployment.resources ?? []) as StateResource[],
            text: JSON.stringify(state, undefined, 4),
        };
    }

    /** Start `pulumi up` (or another command) without waiting for it. */
    async start(command: "up" | "destroy" | "refresh", options: RunOptions = {}): Promise<RunningRun> {
        return this.launch(command, ["--yes", "--skip-preview"], options);
    }

    /** Run any other command of `pulumi`, which must succeed. @returns its standard output */
    async pulumi(args: string[]): Promise<string> {
        const { execa } = await import("execa");
        return (
            await execa("pulumi", [...args, "--non-interactive"], {
                cwd: this.folder,
                env: this.env,
                timeout: HANG_MS,
                stdin: "ignore",
            })
        ).stdout;
    }

    /** Run another program beside the stack's. A non-zero exit code is a result, not an error. */
    command(file: string, args: string[]): Promise<ExecResult> {
        return capture(file, args, { cwd: this.folder, env: this.env, timeout: HANG_MS });
    }

    private async run(command: string, args: string[], options: RunOptions): Promise<Run> {
        const run = await (await this.launch(command, args, options)).ended;
        if (run.failed !== (options.fails ?? false))
            throw new EngineFailure(command, run, options.fails ? "a failure" : "success");
        return run;
    }

    private async launch(
        command: string,
        args: string[],
        { args: more = [], env, timeout = 900_000 }: RunOptions,
    ): Promise<RunningRun> {
        const { execa } = await import("execa");
        const log = path.join(this.scratch, `events-${this.logs++}.json`);
        const parallel =
            this.options.parallel && command !== "preview" ? ["--parallel", String(this.options.parallel)] : [];
        const [file, ...words] = [
            ...(this.options.enter ?? []),
            "pulumi",
            command,
            ...args,
            ...parallel,
            ...more,
            "--non-interactive",
            "--color",
            "never",
            "--event-log",
            log,
        ];
        const started = Date.now();
        const child = execa(file!, words, {
            cwd: this.folder,
            env: { ...this.env, ...env },
            timeout,
            all: true,
            reject: false,
            stdin: "ignore",
            cleanup: true,
        });
        const ended = child.then(
            async (result): Promise<Run> => ({
                failed: result.failed,
                text: result.all ?? "",
                seconds: (Date.now() - started) / 1000,
                ...(await readEvents(log)),
            }),
        );
        return { pid: child.pid!, kill: (signal) => void child.kill(signal), ended };
    }
}

export interface StateResource {
    urn: string;
    type: string;
    id?: string;
    custom: boolean;
    inputs?: Record<string, unknown>;
    outputs?: Record<string, unknown>;
}

/** PATH with the engine; finding it costs a run of `pulumi version`. */
let searchPath: string | undefined;

/**
 * Run `body` with a private stack: a copy of the program's folder in which `pulumi-unikernel` and the SDK resolve to
 * this repository's, and a private state backend and PULUMI_HOME. At the end, remaining resources are destroyed and
 * everything is removed.
 */
export async function withStack<T>(
    program: string,
    name: string,
    body: (stack: Stack) => Promise<T>,
    options: StackOptions = {},
): Promise<T> {
    searchPath ??= (await import("../../tools/engine.mjs")).engineEnv().PATH;
    const scratch = await mkdtemp(path.join(tmpdir(), "pulumi-unikernel-stack-"));
    const stack = new Stack(path.join(scratch, "program"), name, scratch, searchPath, options);
    try {
        await copyProgram(path.resolve(repository, program), stack.folder, options.modules);
        await stack.files.init(name, options.config ?? {});
        const result = await body(stack);
        if (!options.leave && (await stack.exportState()).resources.length > 0) await stack.destroy();
        return result;
    } catch (error) {
        // Report the first error, but still remove what it left behind.
        await stack.cancel().catch(() => undefined);
        await stack.destroy().catch(() => undefined);
        throw error;
    } finally {
        await rm(scratch, { recursive: true, force: true });
    }
}

async function copyProgram(from: string, to: string, installed?: string): Promise<void> {
    await cp(from, to, { recursive: true, filter: (file) => !/(^|\/)(node_modules|Pulumi\.[^/]+\.yaml)$/.test(file) });
    const modules = path.join(to, "node_modules");
    if (installed) return symlink(installed, modules);
    const links = {
        "pulumi-unikernel": repository,
        ...Object.fromEntries(
            ["@pulumi/pulumi", "@types/node", "typescript"].map((name) => [
                name,
                path.join(repository, "node_modules", name),
            ]),
        ),
    };
    for (const [name, target] of Object.entries(links)) {
        await mkdir(path.dirname(path.join(modules, name)), { recursive: true });
        await symlink(target, path.join(modules, name));
    }
}

interface EventLine {
    resourcePreEvent?: { metadata: StepEvent };
    diagnosticEvent?: Message;
    summaryEvent?: { resourceChanges: Record<string, number> };
}

async function readEvents(log: string): Promise<Pick<Run, "changes" | "steps" | "messages">> {
    // The last line of a killed run may be cut off.
    const lines = (await readFile(log, "utf8").catch(() => "")).split("\n").slice(0, -1);
    const events = lines.map((line): EventLine => JSON.parse(line));
    const steps = events
        .flatMap(({ resourcePreEvent }) => (resourcePreEvent ? [resourcePreEvent.metadata] : []))
        .filter(({ type }) => !/^pulumi:(pulumi:Stack|providers:)/.test(type))
        .map(({ op, urn, type, detailedDiff }) => ({ op, urn, type, detailedDiff }));
    const messages = events
        .flatMap(({ diagnosticEvent }) => diagnosticEvent ?? [])
        .map((event) => ({ ...event, message: event.message.trim() }));
    return {
        steps,
        messages,
        changes: events.findLast((event) => event.summaryEvent)?.summaryEvent?.resourceChanges ?? {},
    };
}
