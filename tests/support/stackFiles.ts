import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, realpath, writeFile } from "node:fs/promises";
import path from "node:path";

export const PASSPHRASE = "tests";
/** The salt that `pulumi stack init` wrote with this passphrase: it says which key belongs to it, and holds no secret. */
const SALT = "v1:irko69K9jM4=:v1:NZYiYLG9IfolCCLq:lfb2j9JbE1XptUqUB6y52NBfEzzF0g==";
/** The engine's sign of a value that JSON does not have: a secret, an asset, a reference to a resource. */
const SIGNATURE = "4dabf18193072939515e22adb298388d";

interface Checkpoint {
    version: number;
    checkpoint: { stack: string; latest?: { resources?: { type: string; outputs?: Record<string, unknown> }[] } };
}

/**
 * The engine's files of a stack: in a file backend and beside the program. What they say is read and written here,
 * because `pulumi stack init`, `config`, `export` and `output` cost up to a second of processor time each.
 */
export class StackFiles {
    private written = "";

    constructor(
        private readonly program: string,
        private readonly home: string,
        private readonly backend: string,
    ) {}

    /** Make an empty stack and select it, as `pulumi stack init` does. */
    async init(name: string, config: Record<string, string>): Promise<void> {
        const project = await this.project();
        const stack = `organization/${project}/${name}`;
        const stacks = path.join(this.backend, ".pulumi", "stacks", project);
        await mkdir(stacks, { recursive: true });
        await writeFile(path.join(this.backend, ".pulumi", "meta.yaml"), "version: 1");
        await writeFile(path.join(stacks, `${name}.json`), JSON.stringify({ version: 3, checkpoint: { stack } }));
        const program = path.join(await realpath(this.program), "Pulumi.yaml");
        const selected = createHash("sha1").update(program).digest("hex");
        await mkdir(path.join(this.home, "workspaces"), { recursive: true });
        await writeFile(
            path.join(this.home, "workspaces", `${project}-${selected}-workspace.json`),
            JSON.stringify({ stacks: { [`file://${this.backend}`]: stack } }),
        );
        this.written = JSON.stringify({ encryptionsalt: SALT, config: {} });
        await writeFile(path.join(this.program, `Pulumi.${name}.yaml`), this.written);
        await this.configure(config);
    }

    /**
     * Set values that are no secrets.
     * @returns false when `pulumi config` has written the file since, which writes more than JSON
     */
    async configure(config: Record<string, string>): Promise<boolean> {
        const [, project = "", name = ""] = (await this.selected()).split("/");
        const file = path.join(this.program, `Pulumi.${name}.yaml`);
        const before = await readFile(file, "utf8").catch(() => "");
        if (before !== this.written) return false;
        const values = Object.entries(config).map(([key, value]) => [
            key.includes(":") ? key : `${project}:${key}`,
            value,
        ]);
        const { config: former, ...rest } = JSON.parse(before);
        // Characters that YAML does not take raw.
        this.written = JSON.stringify({ ...rest, config: { ...former, ...Object.fromEntries(values) } }).replace(
            /[\u007f-\u009f\ufeff\ufffe\uffff]/g,
            (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`,
        );
        await writeFile(file, this.written);
        return true;
    }

    /** The selected stack's state; secrets stay encrypted. */
    async state(): Promise<{ version: number; deployment: NonNullable<Checkpoint["checkpoint"]["latest"]> }> {
        const [, project = "", name = ""] = (await this.selected()).split("/");
        const file = path.join(this.backend, ".pulumi", "stacks", project, `${name}.json`);
        const { version, checkpoint } = JSON.parse(await readFile(file, "utf8")) as Checkpoint;
        return { version, deployment: checkpoint.latest ?? {} };
    }

    /** @returns undefined when one is a value that only the engine can show */
    async outputs(): Promise<Record<string, unknown> | undefined> {
        const { resources = [] } = (await this.state()).deployment;
        const outputs = resources.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs ?? {};
        return JSON.stringify(outputs).includes(SIGNATURE) ? undefined : outputs;
    }

    private async project(): Promise<string> {
        const text = await readFile(path.join(this.program, "Pulumi.yaml"), "utf8");
        const [, project] = /^name:\s*"?([\w.-]+)/m.exec(text) ?? [];
        if (!project) throw new Error(`Pulumi.yaml of ${this.program} does not begin with a name`);
        return project;
    }

    /** `organization/PROJECT/STACK`: a test may have renamed it, or selected another one. */
    private async selected(): Promise<string> {
        const folder = path.join(this.home, "workspaces");
        const files = (await readdir(folder)).filter((file) => file.endsWith("-workspace.json"));
        const { stacks } = JSON.parse(await readFile(path.join(folder, files[0]!), "utf8"));
        const stack: unknown = stacks[`file://${this.backend}`];
        if (files.length !== 1 || typeof stack !== "string") throw new Error(`${folder} selects no stack`);
        return stack;
    }
}
