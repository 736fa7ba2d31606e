import { execFile } from "node:child_process";
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { engineEnvironment } from "./environment";
import { timed } from "./figure";

const repository = resolve(__dirname, "..");

/** One stack of a program of bench/programs, its state in a folder of its own. */
export class Stack {
    private readonly folder: string;
    private readonly env: NodeJS.ProcessEnv;

    /**
     * @param program file name in bench/programs
     * @param enter command that every pulumi process is started by, such as one that enters a network namespace
     */
    constructor(parent: string, readonly program: string, env: Record<string, string>, private readonly enter: string[] = []) {
        const name = program.replace(/\.js$/, "");
        this.folder = join(parent, name);
        mkdirSync(join(this.folder, "state"), { recursive: true });
        mkdirSync(join(this.folder, "home"));
        mkdirSync(join(this.folder, "node_modules", "@pulumi"), { recursive: true });
        symlinkSync(join(repository, "node_modules", "@pulumi", "pulumi"), join(this.folder, "node_modules", "@pulumi", "pulumi"));
        symlinkSync(repository, join(this.folder, "node_modules", "pulumi-unikernel"));
        writeFileSync(join(this.folder, "Pulumi.yaml"), `name: bench\nruntime:\n  name: nodejs\n  options:\n    typescript: false\nmain: index.js\n`);
        writeFileSync(join(this.folder, "package.json"), `{ "name": "bench", "private": true }\n`);
        cpSync(join(__dirname, "programs", program), join(this.folder, "index.js"));
        this.env = { ...engineEnvironment(this.folder), ...env };
    }

    async init(): Promise<void> {
        await this.pulumi(["stack", "init", "bench"]);
    }

    /** Seconds of one whole `pulumi` command. Previews before the act are left out on both sides of every figure. */
    async time(verb: "up" | "preview" | "refresh" | "destroy", options: { round?: number; parallel?: number } = {}): Promise<number> {
        const args = [verb, "--stack", "bench", ...(verb === "preview" ? [] : ["--yes", "--skip-preview"])];
        if (options.parallel) args.push("--parallel", String(options.parallel));
        const { seconds } = await timed(() => this.pulumi(args, { BENCH_ROUND: String(options.round ?? 0) }));
        return seconds;
    }

    /** What the state file holds of the resources, as `pulumi stack export` gives it. */
    async resources(): Promise<Record<string, unknown>[]> {
        const exported = JSON.parse(await this.pulumi(["stack", "export", "--stack", "bench"])) as { deployment: { resources: Record<string, unknown>[] } };
        return exported.deployment.resources;
    }

    private pulumi(args: string[], env: Record<string, string> = {}): Promise<string> {
        const [file, ...rest] = [...this.enter, "pulumi", "--non-interactive", ...args] as [string, ...string[]];
        return new Promise((done, fail) => {
            const options = { cwd: this.folder, env: { ...this.env, ...env }, timeout: 300_000, maxBuffer: 1 << 26 };
            execFile(file, rest, options, (error, stdout, stderr) => {
                if (error) fail(new Error(`pulumi ${args[0]} of ${this.program} failed:\n${stdout}\n${stderr}`));
                else done(stdout);
            });
        });
    }
}
